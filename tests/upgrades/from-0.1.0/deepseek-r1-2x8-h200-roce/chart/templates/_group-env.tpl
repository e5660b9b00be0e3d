{{/*
Who this pod is in its group, for both containers: {{ include "deepseek-r1.groupPlace" (dict "root" . "group" 0) }}
*/}}
{{- define "deepseek-r1.groupPlace" -}}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: LWS_GROUP_SIZE
  value: "2"
- name: LWS_WORKER_INDEX
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
- name: LWS_LEADER_ADDRESS
  value: {{ include "deepseek-r1.member" (dict "root" .root "group" .group "role" "leader" "index" 0) }}
{{- end }}

{{/*
What the gateway of a pod needs of its group, besides; the pods of two "template"s never form a group:
{{ include "deepseek-r1.groupEnv" (dict "root" . "group" 0 "ports" PORTS "turn" 0 "template" HASH) }}
*/}}
{{- define "deepseek-r1.groupEnv" -}}
{{- range $name, $field := dict "NODE_NAME" "spec.nodeName" "POD_IP" "status.podIP" "POD_NAME" "metadata.name" "POD_UID" "metadata.uid" }}
- name: {{ $name }}
  valueFrom:
    fieldRef:
      fieldPath: {{ $field }}
{{- end }}
{{ include "deepseek-r1.groupPlace" . }}
- name: WINGS_GROUP
  value: $(POD_NAMESPACE)/{{ include "deepseek-r1.fullname" .root }}-{{ .group }}
- name: WINGS_GROUP_INDEX
  value: {{ quote .group }}
- name: WINGS_WORKER_ADDRESS
  value: {{ include "deepseek-r1.member" (dict "root" .root "group" .group "role" "worker" "index" "{index}") | quote }}
# Leaders of the groups that go first when several have to be replaced.
- name: WINGS_LOWER_LEADERS
  {{- $lower := list }}
  {{- range $group := until .group }}
  {{- $leader := dict "root" $.root "group" $group "role" "leader" "index" 0 }}
  {{- $ports := include "deepseek-r1.groupPorts" $leader | fromYaml }}
  {{- $lower = append $lower (printf "%s:%v" (include "deepseek-r1.member" $leader) $ports.cluster) }}
  {{- end }}
  value: {{ join " " $lower | quote }}
- name: WINGS_TURN_SECONDS
  value: {{ quote .turn }}
- name: WINGS_TEMPLATE
  value: {{ quote .template }}
- name: WINGS_REVISION
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['controller-revision-hash']
- name: WINGS_RENDEZVOUS_PORT
  value: {{ .ports.rendezvous | quote }}
- name: WINGS_DATA_PARALLEL_PORT
  value: {{ .ports.dataParallel | quote }}
- name: WINGS_ENGINE_PROGRESS_METRICS
  value: "vllm:iteration_tokens_total_count vllm:prompt_tokens_total vllm:generation_tokens_total"
{{- end }}
