{{/*
Name of the StatefulSet of one role of a group:
{{ include "guarded-group.setName" (dict "root" . "group" 0 "role" "leader") }}
*/}}
{{- define "guarded-group.setName" -}}
{{ include "guarded-group.fullname" .root }}-{{ .group }}-{{ .role }}
{{- end }}

{{/*
By which it finds its pods, beside selectorLabels: {{ include "guarded-group.setLabels" (dict "group" 0 "role" "leader") }}
*/}}
{{- define "guarded-group.setLabels" -}}
wingsctl/group: {{ quote .group }}
wingsctl/role: {{ .role }}
{{- end }}
