{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "guarded-door.files" . }}
*/}}
{{- define "guarded-door.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
