{{/*
Name and port of the pods that are ready; Kubernetes fills in the namespace: {{ include "quiet.backends" . }}
*/}}
{{- define "quiet.backends" -}}
{{ include "quiet.fullname" . }}-ready.$(POD_NAMESPACE).svc:9000
{{- end }}
