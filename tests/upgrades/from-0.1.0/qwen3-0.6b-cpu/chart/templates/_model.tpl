{{/*
The engine downloads the model into a cache that ends with the pod: {{ include "laptop.modelVolume" . }}
*/}}
{{- define "laptop.modelVolume" -}}
- name: model-cache
  emptyDir:
    sizeLimit: {{ .Values.model.source.huggingface.cache.ephemeral.sizeLimit }}
{{- end }}

{{/*
Where the engine keeps it: {{ include "laptop.modelMount" . }}
*/}}
{{- define "laptop.modelMount" -}}
- {name: model-cache, mountPath: /model-cache}
{{- end }}
