{{/*
The gateway's API keys: {{ include "guarded-group.authVolume" . }}
*/}}
{{- define "guarded-group.authVolume" -}}
- name: wings-auth
  secret:
    secretName: {{ .Values.gateway.auth.secret.name }}
    items:
      - {key: {{ quote .Values.gateway.auth.secret.key }}, path: keys}
{{- end }}

{{/*
Where the gateway reads them: {{ include "guarded-group.authMount" . }}
*/}}
{{- define "guarded-group.authMount" -}}
- {name: wings-auth, mountPath: /wings-auth, readOnly: true}
{{- end }}
