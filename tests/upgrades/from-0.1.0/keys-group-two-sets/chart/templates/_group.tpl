{{/*
What all pods of one group have in common, and no other pod: {{ include "guarded-group.groupLabels" (dict "root" . "group" 0) }}
*/}}
{{- define "guarded-group.groupLabels" -}}
{{ include "guarded-group.selectorLabels" .root }}
wingsctl/group: {{ quote .group }}
{{- end }}

{{/*
Address of one pod, the leader's index being 0; Kubernetes fills in the namespace:
{{ include "guarded-group.member" (dict "root" . "group" 0 "role" "leader" "index" 0) }}
*/}}
{{- define "guarded-group.member" -}}
{{ include "guarded-group.setName" . }}-{{ .index }}.{{ include "guarded-group.fullname" .root }}-peers.$(POD_NAMESPACE).svc
{{- end }}

{{/*
Ports of the pods of one group. On the node's network each group has its own, so that two can share a node:
{{ include "guarded-group.groupPorts" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "guarded-group.groupPorts" -}}
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
{{ include "guarded-group.groupAffinity" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "guarded-group.groupAffinity" -}}
{{- $scheduling := .root.Values.scheduling }}
{{- $labels := include "guarded-group.groupLabels" . | fromYaml }}
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
            {{- include "guarded-group.selectorLabels" .root | nindent 12 }}
          matchExpressions:
            - {key: wingsctl/group, operator: NotIn, values: [{{ quote .group }}]}
{{- end }}

{{/*
Arguments of the gateway: the leader's command and, only where it differs, a word and the workers' command:
{{ include "guarded-group.groupArgv" . }}
*/}}
{{- define "guarded-group.groupArgv" -}}
{{- $leader := include "guarded-group.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
{{- $worker := include "guarded-group.roleArgv" (dict "root" . "role" .Values.roles.worker) }}
{{- $leader }}
{{- if ne $leader $worker }}
- "--wings-worker-command"
{{- $worker }}
{{- end }}
{{- end }}

{{/*
The argv of one role; its arguments win over engine.args:
{{ include "guarded-group.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
*/}}
{{- define "guarded-group.roleArgv" -}}
{{- $args := dict }}
{{- range $layer := list .root.Values.engine.args .role.engine.args }}
{{- range $flag, $value := $layer }}
{{- $_ := set $args $flag $value }}
{{- end }}
{{- end }}
{{- include "guarded-group.argv" (dict "root" .root "args" $args) }}
{{- end }}
