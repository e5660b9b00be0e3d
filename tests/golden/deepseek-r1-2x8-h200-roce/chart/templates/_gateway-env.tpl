{{/*
A gateway's variables out of values, and the files of its mounted Secrets, which no value can change:
{{ include "deepseek-r1.gatewayEnv" .Values.gateway.env }}
*/}}
{{- define "deepseek-r1.gatewayEnv" -}}
{{- $env := dict }}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $env $name $value }}
{{- end }}
{{- end }}
{{- include "deepseek-r1.env" $env }}
{{- end }}
