{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "llama-small.files" . }}
*/}}
{{- define "llama-small.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
