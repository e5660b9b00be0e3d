{{/*
The gateway's API keys: {{ include "guarded-door.authVolume" . }}
*/}}
{{- define "guarded-door.authVolume" -}}
- name: wings-auth
  secret:
    secretName: {{ .Values.gateway.auth.secret.name }}
    items:
      - {key: {{ quote .Values.gateway.auth.secret.key }}, path: keys}
{{- end }}

{{/*
Where the gateway reads them: {{ include "guarded-door.authMount" . }}
*/}}
{{- define "guarded-door.authMount" -}}
- {name: wings-auth, mountPath: /wings-auth, readOnly: true}
{{- end }}
