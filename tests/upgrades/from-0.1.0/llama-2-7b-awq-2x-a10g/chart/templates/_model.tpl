{{/*
The engine downloads the model into a claim that outlives the pod: {{ include "llama-chat.modelVolume" . }}
*/}}
{{- define "llama-chat.modelVolume" -}}
- name: model-cache
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.huggingface.cache.pvc.claimName | default (printf "%s-model" (include "llama-chat.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine keeps it: {{ include "llama-chat.modelMount" . }}
*/}}
{{- define "llama-chat.modelMount" -}}
- {name: model-cache, mountPath: /model-cache}
{{- end }}
