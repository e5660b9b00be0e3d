{{/*
The engine downloads the model into a claim that outlives the pod: {{ include "guarded-group.modelVolume" . }}
*/}}
{{- define "guarded-group.modelVolume" -}}
- name: model-cache
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.modelscope.cache.pvc.claimName | default (printf "%s-model" (include "guarded-group.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine keeps it: {{ include "guarded-group.modelMount" . }}
*/}}
{{- define "guarded-group.modelMount" -}}
- {name: model-cache, mountPath: /model-cache}
{{- end }}
