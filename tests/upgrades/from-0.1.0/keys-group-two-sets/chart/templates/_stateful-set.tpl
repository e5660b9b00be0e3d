{{/*
A StatefulSet of one group: all its pods, or those of one role. "size" pods from ordinal "start" on:
{{ include "guarded-group.statefulSet" (dict "root" . "group" 0 "role" "leader" "size" 2 "start" 0) }}
*/}}
{{- define "guarded-group.statefulSet" -}}
{{- $scale := include "guarded-group.scale" . | fromYaml }}
{{- $upTo := .root.Values.rollout.upTo }}
{{- $isHeld := and (not (kindIs "invalid" $upTo)) (gt .group (int $upTo)) }}
{{- $pods := "" }}
{{- range $role := list "leader" "worker" }}
{{- $pods = printf "%s%s" $pods (include "guarded-group.groupPod" (dict "root" $.root "group" $.group "role" $role "template" "")) }}
{{- end -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  {{- include "guarded-group.metadata" (dict "root" .root "name" (include "guarded-group.setName" .) "annotations" $scale.annotations) | nindent 2 }}
spec:
  serviceName: {{ include "guarded-group.fullname" .root }}-peers
  {{- with pick $scale "replicas" }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  ordinals:
    start: {{ .start }}
  # All pods at once: the leader gets ready only with all of them.
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      # More than the group has, or broken pods would stop the roll-back that repairs them.
      maxUnavailable: {{ .root.Values.rollout.maxUnavailable }}
      # Groups above rollout.upTo keep the template they have.
      partition: {{ $isHeld | ternary 2 0 }}
  selector:
    matchLabels:
      {{- include "guarded-group.selectorLabels" .root | nindent 6 }}
      {{- include "guarded-group.setLabels" . | nindent 6 }}
  template:
    {{- $pod := dict "root" .root "group" .group "role" .role "template" (sha256sum $pods | trunc 16) }}
    {{- include "guarded-group.groupPod" $pod | nindent 4 }}
{{- end }}

{{/*
A pod of one role of one group. Settings of the role win over those of all pods:
{{ include "guarded-group.groupPod" (dict "root" . "group" 0 "role" "leader" "template" HASH) }}
*/}}
{{- define "guarded-group.groupPod" -}}
{{- $role := get .root.Values.roles .role }}
{{- $pod := dict }}
{{- range $settings := list .root.Values.pod (dig "pod" (dict) $role) }}
{{- range $key, $value := $settings }}
{{- $_ := set $pod $key $value }}
{{- end }}
{{- end }}
{{- $_ := set $pod "affinity" (merge (deepCopy (default dict $pod.affinity)) (include "guarded-group.groupAffinity" . | fromYaml)) }}
{{- if $pod.hostNetwork }}
{{- $_ := set $pod "dnsPolicy" (default "ClusterFirstWithHostNet" $pod.dnsPolicy) }}
{{- end }}
{{- $env := dict }}
{{- range $layer := list .root.Values.engine.env $role.engine.env }}
{{- range $name, $value := $layer }}
{{- $_ := set $env $name $value }}
{{- end }}
{{- end }}
{{- $own := dict "root" .root "group" .group "role" .role "template" .template "pod" $pod "env" $env }}
{{- $_ := set $own "resources" (merge (deepCopy (dig "engine" "resources" (dict) $role)) .root.Values.engine.resources) }}
{{- $_ := set $own "argv" (include "guarded-group.groupArgv" .root) }}
{{- $_ := set $own "ports" (include "guarded-group.groupPorts" . | fromYaml) }}
{{- $_ := set $own "turn" (gt .group 0 | ternary .root.Values.shutdown.turnSeconds 0) }}
{{- $_ := set $own "margin" 20 }}
{{- include "guarded-group.pod" $own }}
{{- end }}
