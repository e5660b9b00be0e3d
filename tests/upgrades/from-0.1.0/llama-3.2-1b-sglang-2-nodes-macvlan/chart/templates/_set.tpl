{{/*
Name of a group's StatefulSet, of which pod 0 leads: {{ include "llama-small.setName" (dict "root" . "group" 0) }}
*/}}
{{- define "llama-small.setName" -}}
{{ include "llama-small.fullname" .root }}-{{ .group }}
{{- end }}

{{/*
By which it finds its pods, beside selectorLabels: {{ include "llama-small.setLabels" (dict "group" 0) }}
*/}}
{{- define "llama-small.setLabels" -}}
wingsctl/group: {{ quote .group }}
{{- end }}
