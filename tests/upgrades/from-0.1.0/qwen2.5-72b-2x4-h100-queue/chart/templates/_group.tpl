{{/*
What all pods of one group have in common, and no other pod: {{ include "batch.groupLabels" (dict "root" . "group" 0) }}
*/}}
{{- define "batch.groupLabels" -}}
{{ include "batch.selectorLabels" .root }}
wingsctl/group: {{ quote .group }}
{{- end }}

{{/*
Address of one pod, the leader's index being 0; Kubernetes fills in the namespace:
{{ include "batch.member" (dict "root" . "group" 0 "role" "leader" "index" 0) }}
*/}}
{{- define "batch.member" -}}
{{ include "batch.setName" . }}-{{ .index }}.{{ include "batch.fullname" .root }}-peers.$(POD_NAMESPACE).svc
{{- end }}

{{/*
Ports of the pods of one group. On the node's network each group has its own, so that two can share a node:
{{ include "batch.groupPorts" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "batch.groupPorts" -}}
{{- if .root.Values.pod.hostNetwork }}
{{- $first := add .root.Values.scheduling.firstHostPort (mul 32 .group) -}}
http: {{ $first }}
cluster: {{ add $first 1 }}
engine: {{ add $first 2 }}
dataParallel: {{ add $first 3 }}
rendezvous: {{ add $first 8 }}
{{- else -}}
http: 9000
cluster: 9001
engine: {{ .root.Values.engine.port }}
dataParallel: 29550
rendezvous: 29501
{{- end }}
{{- end }}

{{/*
The pods of a group want to be near each other, and on nodes where no other group is; pod.affinity wins:
{{ include "batch.groupAffinity" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "batch.groupAffinity" -}}
{{- $scheduling := .root.Values.scheduling }}
{{- $labels := include "batch.groupLabels" . | fromYaml }}
{{- $near := dict "topologyKey" $scheduling.topologyKey "labelSelector" (dict "matchLabels" $labels) -}}
podAffinity:
  {{- if $scheduling.strict }}
  requiredDuringSchedulingIgnoredDuringExecution: [{{ toJson $near }}]
  {{- else }}
  preferredDuringSchedulingIgnoredDuringExecution: [{{ dict "weight" 100 "podAffinityTerm" $near | toJson }}]
  {{- end }}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 50
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            {{- include "batch.selectorLabels" .root | nindent 12 }}
          matchExpressions:
            - {key: wingsctl/group, operator: NotIn, values: [{{ quote .group }}]}
{{- end }}

{{/*
Arguments of the gateway: the leader's command and, only where it differs, a word and the workers' command:
{{ include "batch.groupArgv" . }}
*/}}
{{- define "batch.groupArgv" -}}
{{- $leader := include "batch.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
{{- $worker := include "batch.roleArgv" (dict "root" . "role" .Values.roles.worker) }}
{{- $leader }}
{{- if ne $leader $worker }}
- "--wings-worker-command"
{{- $worker }}
{{- end }}
{{- end }}

{{/*
The argv of one role; its arguments win over engine.args:
{{ include "batch.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
*/}}
{{- define "batch.roleArgv" -}}
{{- with .role.engine.env }}
- env
{{- range $name, $value := . }}
- {{ include "batch.literal" (printf "%s=%s" $name (kindIs "string" $value | ternary $value (toRawJson $value))) }}
{{- end }}
{{- end }}
{{- $args := dict }}
{{- range $layer := list .root.Values.engine.args .role.engine.args }}
{{- range $flag, $value := $layer }}
{{- $_ := set $args $flag $value }}
{{- end }}
{{- end }}
{{- include "batch.argv" (dict "root" .root "args" $args) }}
{{- end }}
