{{/*
Not empty where one pod (or group) serves and no other may stand in for it during an upgrade:
{{ if include "llama-chat.isAlone" . }}
*/}}
{{- define "llama-chat.isAlone" -}}
{{- /* KEDA may add another at any time. */ -}}
{{- end }}
