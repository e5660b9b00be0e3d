{{/*
The gateway's certificate: {{ include "guarded.tlsVolume" . }}
*/}}
{{- define "guarded.tlsVolume" -}}
- name: wings-tls
  secret:
    secretName: {{ .Values.gateway.tls.secretName }}
{{- end }}

{{/*
Where the gateway reads it: {{ include "guarded.tlsMount" . }}
*/}}
{{- define "guarded.tlsMount" -}}
- {name: wings-tls, mountPath: /wings-tls, readOnly: true}
{{- end }}
