{{/*
How many pods a StatefulSet has: {{ include "deepseek-r1.scale" (dict "size" 2) | fromYaml }}
*/}}
{{- define "deepseek-r1.scale" -}}
replicas: {{ .size }}
{{- end }}
