{{/*
Not empty where one pod (or group) serves and no other may stand in for it during an upgrade:
{{ if include "guarded.isAlone" . }}
*/}}
{{- define "guarded.isAlone" -}}
{{- and (eq (int .Values.replicas) 1) (eq (toString .Values.rollout.maxSurge) "0") | ternary "yes" "" -}}
{{- end }}
