{{/*
The engine downloads the model into a cache that ends with the pod: {{ include "chat.modelVolume" . }}
*/}}
{{- define "chat.modelVolume" -}}
- name: model-cache
  emptyDir:
    sizeLimit: {{ .Values.model.source.huggingface.cache.ephemeral.sizeLimit }}
{{- end }}

{{/*
Where the engine keeps it: {{ include "chat.modelMount" . }}
*/}}
{{- define "chat.modelMount" -}}
- {name: model-cache, mountPath: /model-cache}
{{- end }}
