{{/*
The gateway's certificate: {{ include "guarded-group.tlsVolume" . }}
*/}}
{{- define "guarded-group.tlsVolume" -}}
- name: wings-tls
  secret:
    secretName: {{ .Values.gateway.tls.secretName }}
{{- end }}

{{/*
Where the gateway reads it: {{ include "guarded-group.tlsMount" . }}
*/}}
{{- define "guarded-group.tlsMount" -}}
- {name: wings-tls, mountPath: /wings-tls, readOnly: true}
{{- end }}
