{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "chat.files" . }}
*/}}
{{- define "chat.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
