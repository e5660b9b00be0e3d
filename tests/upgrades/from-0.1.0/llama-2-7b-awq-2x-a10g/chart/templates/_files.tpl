{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "llama-chat.files" . }}
*/}}
{{- define "llama-chat.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
