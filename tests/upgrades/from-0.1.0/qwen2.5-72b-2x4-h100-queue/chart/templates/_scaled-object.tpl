{{/*
What starts and stops one group, or the pods of one role of it, as a whole:
{{ include "batch.scaledObject" (dict "root" . "group" 0 "role" "leader" "size" 2) }}
*/}}
{{- define "batch.scaledObject" -}}
{{- $scaling := .root.Values.autoscaling -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "batch.metadata" (dict "root" .root "name" (include "batch.setName" .) "annotations" $scaling.annotations) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: StatefulSet
    name: {{ include "batch.setName" . }}
    # KEDA resolves every variable of one container; this one refers to no Secret.
    envSourceContainerName: wings-infer
  # No pod or all of them, in one step.
  idleReplicaCount: 0
  minReplicaCount: {{ .size }}
  maxReplicaCount: {{ .size }}
  pollingInterval: {{ .root.Values.autoscaling.pollingSeconds }}
  # At least a cold start, or a group would be removed while it loads.
  cooldownPeriod: {{ .root.Values.autoscaling.cooldownSeconds }}
  # More would fill every group at install, from the one pod that Kubernetes makes of it.
  initialCooldownPeriod: 0
  {{- with $scaling.fallback }}
  {{- if lt $.group (int .replicas) }}
  # In a group that means: start it.
  fallback:
    failureThreshold: {{ .failureThreshold }}
    replicas: {{ $.size }}
  {{- end }}
  {{- end }}
  {{- with include "batch.modifiers" . | fromYaml }}
  advanced:
    scalingModifiers:
      {{- toYaml . | nindent 6 }}
  {{- end }}
  triggers:
    {{- range $index, $trigger := $scaling.triggers }}
    {{- $metadata := include "batch.step" (dict "trigger" $trigger "group" $.group "size" $.size "scaling" $scaling) | fromYaml }}
    {{- /* A cron starts as many groups as it wants, the lowest numbers first. */ -}}
    {{- if or $scaling.scalingModifiers (ne $trigger.type "cron") (lt $.group (int $trigger.metadata.desiredReplicas)) }}
    {{- include "batch.trigger" (dict "root" $.root "index" $index "trigger" $trigger "number" $.group "metadata" $metadata) | nindent 4 }}
    {{- end }}
    {{- end }}
{{- end }}

{{/*
The metadata that makes group i start above i x what one group takes:
{{ include "batch.step" (dict "trigger" TRIGGER "group" 0 "size" 2 "scaling" .Values.autoscaling) | fromYaml }}
*/}}
{{- define "batch.step" -}}
{{- $keys := dict }}
{{- $_ := set $keys "rabbitmq" (list "value" "activationValue") }}
{{- $key := get $keys .trigger.type }}
{{- if .scaling.scalingModifiers }}
{{- else if eq .trigger.type "cron" }}
desiredReplicas: {{ quote .size }}
{{- else if and $key (gt .group 0) }}
{{ last $key }}: {{ mulf .group (get .trigger.metadata (first $key)) | toJson | quote }}
{{- end }}
{{- end }}

{{/*
The same for a formula: {{ include "batch.modifiers" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "batch.modifiers" -}}
{{- $modifiers := .root.Values.autoscaling.scalingModifiers }}
{{- with $modifiers }}
{{- toYaml (merge (dict "activationTarget" (mulf $.group .target | toJson)) .) }}
{{- end }}
{{- end }}

{{/*
How many pods a StatefulSet has: all of a group that always runs, else what KEDA says:
{{ include "batch.scale" (dict "root" . "group" 0 "role" "leader" "size" 2) | fromYaml }}
*/}}
{{- define "batch.scale" -}}
{{- $carried := include "batch.carried" (dict "root" .root "kind" "StatefulSet" "name" (include "batch.setName" .)) }}
{{- if lt .group (int .root.Values.autoscaling.min) }}
replicas: {{ .size }}
{{- else if $carried }}
annotations: {wingsctl/replicas: carried}
replicas: {{ eq $carried "0" | ternary 0 .size }}
{{- else }}
annotations: {wingsctl/replicas: omitted}
{{- end }}
{{- end }}
