{{/*
The model lies on the node: {{ include "wings-infer-sglang.modelVolume" . }}
*/}}
{{- define "wings-infer-sglang.modelVolume" -}}
- name: model
  hostPath:
    path: {{ quote .Values.model.source.hostPath.path }}
    type: Directory
{{- end }}

{{/*
Where the engine reads it: {{ include "wings-infer-sglang.modelMount" . }}
*/}}
{{- define "wings-infer-sglang.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
