{{/*
Name and port of the leaders whose groups serve; Kubernetes fills in the namespace:
{{ include "deepseek-r1.backends" . }}
*/}}
{{- define "deepseek-r1.backends" -}}
{{- $ports := include "deepseek-r1.groupPorts" (dict "root" . "group" 0) | fromYaml -}}
{{ include "deepseek-r1.fullname" . }}-leaders.$(POD_NAMESPACE).svc:{{ $ports.http }}
{{- end }}
