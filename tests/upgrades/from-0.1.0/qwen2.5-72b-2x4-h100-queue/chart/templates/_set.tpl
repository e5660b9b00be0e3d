{{/*
Name of a group's StatefulSet, of which pod 0 leads: {{ include "batch.setName" (dict "root" . "group" 0) }}
*/}}
{{- define "batch.setName" -}}
{{ include "batch.fullname" .root }}-{{ .group }}
{{- end }}

{{/*
By which it finds its pods, beside selectorLabels: {{ include "batch.setLabels" (dict "group" 0) }}
*/}}
{{- define "batch.setLabels" -}}
wingsctl/group: {{ quote .group }}
{{- end }}
