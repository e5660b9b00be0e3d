{{/*
Name and port of the pods that are ready; Kubernetes fills in the namespace: {{ include "guarded-door.backends" . }}
*/}}
{{- define "guarded-door.backends" -}}
{{ include "guarded-door.fullname" . }}-ready.$(POD_NAMESPACE).svc:9000
{{- end }}
