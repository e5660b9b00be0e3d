{{/*
Name of a group's StatefulSet, of which pod 0 leads: {{ include "deepseek-r1.setName" (dict "root" . "group" 0) }}
*/}}
{{- define "deepseek-r1.setName" -}}
{{ include "deepseek-r1.fullname" .root }}-{{ .group }}
{{- end }}

{{/*
By which it finds its pods, beside selectorLabels: {{ include "deepseek-r1.setLabels" (dict "group" 0) }}
*/}}
{{- define "deepseek-r1.setLabels" -}}
wingsctl/group: {{ quote .group }}
{{- end }}
