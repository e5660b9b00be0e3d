{{/*
What KEDA needs and does, for NOTES: {{ include "guarded-door.scalingNotes" . }}
*/}}
{{- define "guarded-door.scalingNotes" }}

KEDA 2.20.0 or later scales it from {{ .Values.autoscaling.min }} to {{ .Values.autoscaling.max }}. What KEDA sees, and why it does nothing:
  kubectl -n {{ .Release.Namespace }} get scaledobject,hpa -l app.kubernetes.io/instance={{ .Release.Name }}
  kubectl -n {{ .Release.Namespace }} describe scaledobject -l app.kubernetes.io/instance={{ .Release.Name }}
{{- if not (.Capabilities.APIVersions.Has "keda.sh/v1alpha1/ScaledObject") }}
WARNING: this cluster does not know ScaledObject. Install KEDA.
{{- end }}
{{- end }}
