{{/*
The model lies in a claim, an existing one or the chart's own: {{ include "guarded.modelVolume" . }}
*/}}
{{- define "guarded.modelVolume" -}}
- name: model
  persistentVolumeClaim:
    claimName: {{ .Values.model.source.pvc.claimName | default (printf "%s-model" (include "guarded.fullname" .)) | quote }}
{{- end }}

{{/*
Where the engine reads it: {{ include "guarded.modelMount" . }}
*/}}
{{- define "guarded.modelMount" -}}
- {name: model, mountPath: /models, readOnly: true}
{{- end }}
