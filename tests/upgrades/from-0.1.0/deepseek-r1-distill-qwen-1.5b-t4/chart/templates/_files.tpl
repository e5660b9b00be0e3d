{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "wings-infer.files" . }}
*/}}
{{- define "wings-infer.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
