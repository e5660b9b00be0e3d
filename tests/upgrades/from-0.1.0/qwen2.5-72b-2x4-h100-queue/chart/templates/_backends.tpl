{{/*
Name and port of the leaders whose groups serve; Kubernetes fills in the namespace:
{{ include "batch.backends" . }}
*/}}
{{- define "batch.backends" -}}
{{- $ports := include "batch.groupPorts" (dict "root" . "group" 0) | fromYaml -}}
{{ include "batch.fullname" . }}-leaders.$(POD_NAMESPACE).svc:{{ $ports.http }}
{{- end }}
