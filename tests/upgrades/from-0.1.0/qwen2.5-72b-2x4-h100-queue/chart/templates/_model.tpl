{{/*
The model lies in a claim, an existing one or the chart's own: {{ include "batch.modelVolume" . }}
*/}}
{{- define "batch.modelVolume" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.pvc.claimName | default (printf "%s-model" (include "batch.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine reads it: {{ include "batch.modelMount" . }}
*/}}
{{- define "batch.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
