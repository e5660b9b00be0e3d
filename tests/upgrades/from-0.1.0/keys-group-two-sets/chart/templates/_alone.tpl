{{/*
Not empty where one pod (or group) serves and no other may stand in for it during an upgrade:
{{ if include "guarded-group.isAlone" . }}
*/}}
{{- define "guarded-group.isAlone" -}}
{{- eq (int .Values.replicas) 1 | ternary "yes" "" -}}
{{- end }}
