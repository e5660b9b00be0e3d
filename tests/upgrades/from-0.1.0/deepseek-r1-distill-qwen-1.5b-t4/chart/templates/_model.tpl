{{/*
The model lies on the node: {{ include "wings-infer.modelVolume" . }}
*/}}
{{- define "wings-infer.modelVolume" -}}
- name: model
  hostPath:
    path: {{ quote .Values.model.source.hostPath.path }}
    type: Directory
{{- end }}

{{/*
Where the engine reads it: {{ include "wings-infer.modelMount" . }}
*/}}
{{- define "wings-infer.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
