{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "laptop.files" . }}
*/}}
{{- define "laptop.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
