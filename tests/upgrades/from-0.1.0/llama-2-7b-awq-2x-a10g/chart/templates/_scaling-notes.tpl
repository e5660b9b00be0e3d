{{/*
What KEDA needs and does, for NOTES: {{ include "llama-chat.scalingNotes" . }}
*/}}
{{- define "llama-chat.scalingNotes" }}

KEDA 2.14.0 or later scales it from {{ .Values.autoscaling.min }} to {{ .Values.autoscaling.max }}. What KEDA sees, and why it does nothing:
  kubectl -n {{ .Release.Namespace }} get scaledobject,hpa -l app.kubernetes.io/instance={{ .Release.Name }}
  kubectl -n {{ .Release.Namespace }} describe scaledobject -l app.kubernetes.io/instance={{ .Release.Name }}
{{- if eq (int .Values.autoscaling.min) 0 }}
Whoever asks at zero is refused, and has to come back: a start takes about 5 min 31 s.
{{- end }}
{{- if not (.Capabilities.APIVersions.Has "keda.sh/v1alpha1/ScaledObject") }}
WARNING: this cluster does not know ScaledObject. Install KEDA.
{{- end }}
{{- end }}
