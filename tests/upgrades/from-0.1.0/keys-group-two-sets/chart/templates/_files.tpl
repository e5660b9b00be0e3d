{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "guarded-group.files" . }}
*/}}
{{- define "guarded-group.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
