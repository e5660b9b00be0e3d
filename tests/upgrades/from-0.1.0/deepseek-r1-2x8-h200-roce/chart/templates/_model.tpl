{{/*
The model lies in a claim, an existing one or the chart's own: {{ include "deepseek-r1.modelVolume" . }}
*/}}
{{- define "deepseek-r1.modelVolume" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.pvc.claimName | default (printf "%s-model" (include "deepseek-r1.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine reads it: {{ include "deepseek-r1.modelMount" . }}
*/}}
{{- define "deepseek-r1.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
