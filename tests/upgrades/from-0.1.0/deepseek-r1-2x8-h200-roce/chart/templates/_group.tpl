{{/*
What all pods of one group have in common, and no other pod: {{ include "deepseek-r1.groupLabels" (dict "root" . "group" 0) }}
*/}}
{{- define "deepseek-r1.groupLabels" -}}
{{ include "deepseek-r1.selectorLabels" .root }}
wingsctl/group: {{ quote .group }}
{{- end }}

{{/*
Address of one pod, the leader's index being 0; Kubernetes fills in the namespace:
{{ include "deepseek-r1.member" (dict "root" . "group" 0 "role" "leader" "index" 0) }}
*/}}
{{- define "deepseek-r1.member" -}}
{{ include "deepseek-r1.setName" . }}-{{ .index }}.{{ include "deepseek-r1.fullname" .root }}-peers.$(POD_NAMESPACE).svc
{{- end }}

{{/*
Ports of the pods of one group. On the node's network each group has its own, so that two can share a node:
{{ include "deepseek-r1.groupPorts" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "deepseek-r1.groupPorts" -}}
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
{{ include "deepseek-r1.groupAffinity" (dict "root" . "group" 0) | fromYaml }}
*/}}
{{- define "deepseek-r1.groupAffinity" -}}
{{- $scheduling := .root.Values.scheduling }}
{{- $labels := include "deepseek-r1.groupLabels" . | fromYaml }}
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
            {{- include "deepseek-r1.selectorLabels" .root | nindent 12 }}
          matchExpressions:
            - {key: wingsctl/group, operator: NotIn, values: [{{ quote .group }}]}
{{- end }}

{{/*
Arguments of the gateway: the leader's command and, only where it differs, a word and the workers' command:
{{ include "deepseek-r1.groupArgv" . }}
*/}}
{{- define "deepseek-r1.groupArgv" -}}
{{- $leader := include "deepseek-r1.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
{{- $worker := include "deepseek-r1.roleArgv" (dict "root" . "role" .Values.roles.worker) }}
{{- $leader }}
{{- if ne $leader $worker }}
- "--wings-worker-command"
{{- $worker }}
{{- end }}
{{- end }}

{{/*
The argv of one role; its arguments win over engine.args:
{{ include "deepseek-r1.roleArgv" (dict "root" . "role" .Values.roles.leader) }}
*/}}
{{- define "deepseek-r1.roleArgv" -}}
{{- with .role.engine.env }}
- env
{{- range $name, $value := . }}
- {{ include "deepseek-r1.literal" (printf "%s=%s" $name (kindIs "string" $value | ternary $value (toRawJson $value))) }}
{{- end }}
{{- end }}
{{- $args := dict }}
{{- range $layer := list .root.Values.engine.args .role.engine.args }}
{{- range $flag, $value := $layer }}
{{- $_ := set $args $flag $value }}
{{- end }}
{{- end }}
{{- include "deepseek-r1.argv" (dict "root" .root "args" $args) }}
{{- end }}
