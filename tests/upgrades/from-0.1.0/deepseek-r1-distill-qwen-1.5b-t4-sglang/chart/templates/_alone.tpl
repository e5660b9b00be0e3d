{{/*
Not empty where one pod (or group) serves and no other may stand in for it during an upgrade:
{{ if include "wings-infer-sglang.isAlone" . }}
*/}}
{{- define "wings-infer-sglang.isAlone" -}}
{{- and (eq (int .Values.replicas) 1) (eq (toString .Values.rollout.maxSurge) "0") | ternary "yes" "" -}}
{{- end }}
