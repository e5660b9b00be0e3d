{{/*
How many pods a StatefulSet has: {{ include "llama-small.scale" (dict "size" 2) | fromYaml }}
*/}}
{{- define "llama-small.scale" -}}
replicas: {{ .size }}
{{- end }}
