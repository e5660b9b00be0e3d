{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "batch.files" . }}
*/}}
{{- define "batch.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
