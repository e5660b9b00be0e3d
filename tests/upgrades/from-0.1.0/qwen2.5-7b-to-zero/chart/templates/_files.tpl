{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "quiet.files" . }}
*/}}
{{- define "quiet.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
