{{/*
A gateway's variables out of values, and the files of its mounted Secrets, which no value can change:
{{ include "wings-infer.gatewayEnv" .Values.gateway.env }}
*/}}
{{- define "wings-infer.gatewayEnv" -}}
{{- $env := dict }}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $env $name $value }}
{{- end }}
{{- end }}
{{- include "wings-infer.env" $env }}
{{- end }}
