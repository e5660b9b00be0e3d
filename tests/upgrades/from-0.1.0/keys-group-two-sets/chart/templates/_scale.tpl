{{/*
How many pods a StatefulSet has: {{ include "guarded-group.scale" (dict "size" 2) | fromYaml }}
*/}}
{{- define "guarded-group.scale" -}}
replicas: {{ .size }}
{{- end }}
