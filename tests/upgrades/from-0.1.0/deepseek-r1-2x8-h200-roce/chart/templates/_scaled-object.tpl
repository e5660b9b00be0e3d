{{/*
What starts and stops one group, or the pods of one role of it, as a whole:
{{ include "deepseek-r1.scaledObject" (dict "root" . "group" 0 "role" "leader" "size" 2) }}
*/}}
{{- define "deepseek-r1.scaledObject" -}}
{{- $scaling := .root.Values.autoscaling -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  {{- include "deepseek-r1.metadata" (dict "root" .root "name" (include "deepseek-r1.setName" .) "annotations" $scaling.annotations) | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: StatefulSet
    name: {{ include "deepseek-r1.setName" . }}
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
  {{- with include "deepseek-r1.modifiers" . | fromYaml }}
  advanced:
    scalingModifiers:
      {{- toYaml . | nindent 6 }}
  {{- end }}
  triggers:
    {{- range $index, $trigger := $scaling.triggers }}
    {{- $metadata := include "deepseek-r1.step" (dict "trigger" $trigger "group" $.group "size" $.size "scaling" $scaling) | fromYaml }}
    {{- /* A cron starts as many groups as it wants, the lowest numbers first. */ -}}
    {{- if or $scaling.scalingModifiers (ne $trigger.type "cron") (lt $.group (int $trigger.metadata.desiredReplicas)) }}
    {{- include "deepseek-r1.trigger" (dict "root" $.root "index" $index "trigger" $trigger "number" $.group "metadata" $metadata) | nindent 4 }}
    {{- end }}
    {{- end }}
{{- end }}

{{/*
The metadata that makes group i start above i x what one group takes:
{{ include "deepseek-r1.step" (dict "trigger" TRIGGER "group" 0 "size" 2 "scaling" .Values.autoscaling) | fromYaml }}
*/}}
{{- define "deepseek-r1.step" -}}
{{- $keys := dict }}
{{- $_ := set $keys "metrics-api" (list "targetValue" "activationTargetValue") }}
{{- $key := get $keys .trigger.type }}
{{- if .scaling.scalingModifiers }}
{{- else if eq .trigger.type "cron" }}
desiredReplicas: {{ quote .size }}
{{- else if and $key (gt .group 0) }}
{{ last $key }}: {{ mulf .group (get .trigger.metadata (first $key)) | toJson | quote }}
{{- end }}
{{- end }}

{{/*
The same for a formula: {{ include "deepseek-r1.modifiers" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "deepseek-r1.modifiers" -}}
{{- $modifiers := .root.Values.autoscaling.scalingModifiers }}
{{- with $modifiers }}
{{- toYaml (merge (dict "activationTarget" (mulf $.group .target | toJson)) .) }}
{{- end }}
{{- end }}

{{/*
How many pods a StatefulSet has: all of a group that always runs, else what KEDA says:
{{ include "deepseek-r1.scale" (dict "root" . "group" 0 "role" "leader" "size" 2) | fromYaml }}
*/}}
{{- define "deepseek-r1.scale" -}}
{{- $carried := include "deepseek-r1.carried" (dict "root" .root "kind" "StatefulSet" "name" (include "deepseek-r1.setName" .)) }}
{{- if lt .group (int .root.Values.autoscaling.min) }}
replicas: {{ .size }}
{{- else if $carried }}
annotations: {wingsctl/replicas: carried}
replicas: {{ eq $carried "0" | ternary 0 .size }}
{{- else }}
annotations: {wingsctl/replicas: omitted}
{{- end }}
{{- end }}
