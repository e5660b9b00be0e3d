{{/*
A gateway's variables out of values, and the files of its mounted Secrets, which no value can change:
{{ include "chat.gatewayEnv" .Values.gateway.env }}
*/}}
{{- define "chat.gatewayEnv" -}}
{{- $env := dict }}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $env $name $value }}
{{- end }}
{{- end }}
{{- include "chat.env" $env }}
{{- end }}
