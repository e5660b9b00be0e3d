{{/*
The model lies in a claim, an existing one or the chart's own: {{ include "quiet.modelVolume" . }}
*/}}
{{- define "quiet.modelVolume" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.pvc.claimName | default (printf "%s-model" (include "quiet.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine reads it: {{ include "quiet.modelMount" . }}
*/}}
{{- define "quiet.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
