{{/*
The engine downloads the model into a claim that outlives the pod: {{ include "guarded-door.modelVolume" . }}
*/}}
{{- define "guarded-door.modelVolume" -}}
- name: model-cache
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.huggingface.cache.pvc.claimName | default (printf "%s-model" (include "guarded-door.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine keeps it: {{ include "guarded-door.modelMount" . }}
*/}}
{{- define "guarded-door.modelMount" -}}
- {name: model-cache, mountPath: /model-cache}
{{- end }}
