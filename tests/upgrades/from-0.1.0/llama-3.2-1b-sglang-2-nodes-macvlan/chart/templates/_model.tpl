{{/*
The model lies on the node: {{ include "llama-small.modelVolume" . }}
*/}}
{{- define "llama-small.modelVolume" -}}
- name: model
  hostPath:
    path: {{ quote .Values.model.source.hostPath.path }}
    type: Directory
{{- end }}

{{/*
Where the engine reads it: {{ include "llama-small.modelMount" . }}
*/}}
{{- define "llama-small.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
