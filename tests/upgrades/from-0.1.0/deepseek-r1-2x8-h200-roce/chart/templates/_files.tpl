{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "deepseek-r1.files" . }}
*/}}
{{- define "deepseek-r1.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
