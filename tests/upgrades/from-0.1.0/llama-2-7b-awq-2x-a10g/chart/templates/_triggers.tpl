{{/*
One trigger for KEDA, of group "number" (0 for a Deployment); "metadata" wins over what the values say:
{{ include "llama-chat.trigger" (dict "root" . "index" 0 "trigger" TRIGGER "number" 0 "metadata" dict) }}
*/}}
{{- define "llama-chat.trigger" -}}
{{- $shown := omit .trigger "metadata" "preset" "authentication" }}
{{- $metadata := merge (dict) .metadata .trigger.metadata }}
{{- $preset := .trigger.preset | default (and (eq .trigger.type "prometheus") (not $metadata.query) | ternary "demand" "") }}
{{- if $preset }}
{{- $_ := set $metadata "query" (include "llama-chat.query" (dict "root" .root "preset" $preset)) }}
{{- end }}
{{- if .trigger.authentication }}
{{- $_ := set $shown "authenticationRef" (dict "name" (include "llama-chat.authenticationName" .)) }}
{{- end }}
{{- $_ := set $shown "metadata" $metadata }}
{{- toYaml (list $shown) }}
{{- end }}

{{/*
Name of the TriggerAuthentication of one trigger: {{ include "llama-chat.authenticationName" (dict "root" . "index" 0) }}
*/}}
{{- define "llama-chat.authenticationName" -}}
{{ include "llama-chat.fullname" .root }}-trigger-{{ .index }}
{{- end }}

{{/*
The number of pods of a living "kind" whose chart was not autoscaled before: helm would take it away, and one pod
stay. Empty where KEDA has set it from the start, and where nothing lives:
{{ include "llama-chat.carried" (dict "root" . "kind" "Deployment" "name" NAME) }}
*/}}
{{- define "llama-chat.carried" -}}
{{- $living := lookup "apps/v1" .kind .root.Release.Namespace .name }}
{{- if and $living (ne (dig "metadata" "annotations" "wingsctl/replicas" "" $living) "omitted") }}
{{- int $living.spec.replicas }}
{{- end }}
{{- end }}
