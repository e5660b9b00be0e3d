{{/*
The files that the engine sees under /wings; a change of one restarts the pods:
{{ include "wings-infer-sglang.files" . }}
*/}}
{{- define "wings-infer-sglang.files" -}}
{{- (.Files.Glob "files/*").AsConfig }}
{{- end }}
