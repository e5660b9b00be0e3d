{{/*
The rule of a NetworkPolicy for those who may ask the model: {{ include "chat.clients" . }}
*/}}
{{- define "chat.clients" -}}
# Clients, from everywhere unless networkPolicy.clients names them.
- ports:
    - port: http
  {{- with .Values.networkPolicy.clients }}
  from:
    {{- toYaml . | nindent 4 }}
    # The pod of helm test.
    - podSelector:
        matchLabels:
          app.kubernetes.io/instance: {{ quote $.Release.Name }}
          app.kubernetes.io/component: test
  {{- end }}
{{- end }}
