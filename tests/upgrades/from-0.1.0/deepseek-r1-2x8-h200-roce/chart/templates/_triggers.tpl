{{/*
One trigger for KEDA, of group "number" (0 for a Deployment); "metadata" wins over what the values say:
{{ include "deepseek-r1.trigger" (dict "root" . "index" 0 "trigger" TRIGGER "number" 0 "metadata" dict) }}
*/}}
{{- define "deepseek-r1.trigger" -}}
{{- $shown := omit .trigger "metadata" "preset" "authentication" }}
{{- $metadata := merge (dict) .metadata .trigger.metadata }}
{{- $preset := .trigger.preset | default (and (eq .trigger.type "prometheus") (not $metadata.query) | ternary "demand" "") }}
{{- if eq $preset "front-door" }}
{{- $metadata = merge $metadata (include "deepseek-r1.demand" .root | fromYaml) }}
{{- $preset = "" }}
{{- end }}
{{- if $preset }}
{{- $_ := set $metadata "query" (include "deepseek-r1.query" (dict "root" .root "preset" $preset)) }}
{{- end }}
{{- if .trigger.authentication }}
{{- $_ := set $shown "authenticationRef" (dict "name" (include "deepseek-r1.authenticationName" .)) }}
{{- end }}
{{- $_ := set $shown "metadata" $metadata }}
{{- toYaml (list $shown) }}
{{- end }}

{{/*
Name of the TriggerAuthentication of one trigger: {{ include "deepseek-r1.authenticationName" (dict "root" . "index" 0) }}
*/}}
{{- define "deepseek-r1.authenticationName" -}}
{{ include "deepseek-r1.fullname" .root }}-trigger-{{ .index }}
{{- end }}

{{/*
The number of pods of a living "kind" whose chart was not autoscaled before: helm would take it away, and one pod
stay. Empty where KEDA has set it from the start, and where nothing lives:
{{ include "deepseek-r1.carried" (dict "root" . "kind" "Deployment" "name" NAME) }}
*/}}
{{- define "deepseek-r1.carried" -}}
{{- $living := lookup "apps/v1" .kind .root.Release.Namespace .name }}
{{- if and $living (ne (dig "metadata" "annotations" "wingsctl/replicas" "" $living) "omitted") }}
{{- int $living.spec.replicas }}
{{- end }}
{{- end }}
