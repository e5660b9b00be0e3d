{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "guarded.files" . }}
*/}}
{{- define "guarded.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
chat-template.jinja: {{ quote .Values.model.chatTemplate }}
{{- end }}
