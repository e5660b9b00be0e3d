{{/*
What selects the pods of the front door; never changes in a living release: {{ include "quiet.doorLabels" . }}
*/}}
{{- define "quiet.doorLabels" -}}
app.kubernetes.io/name: {{ quote .Chart.Name }}
app.kubernetes.io/instance: {{ quote .Release.Name }}
app.kubernetes.io/component: front-door
{{- end }}

{{/*
Variables of people: those of the gateway but for its own queue, then those of the door:
{{ include "quiet.doorEnv" . }}
*/}}
{{- define "quiet.doorEnv" -}}
{{- $env := dict }}
{{- range $layer := list (omit (default dict .Values.gateway.env) "WINGS_MAX_WAITING" "WINGS_MAX_WAIT_SECONDS") .Values.frontDoor.env }}
{{- range $name, $value := $layer }}
{{- $_ := set $env $name $value }}
{{- end }}
{{- end }}
{{- include "quiet.env" $env }}
{{- end }}

{{/*
What the front door does, for NOTES: {{ include "quiet.doorNotes" . }}
*/}}
{{- define "quiet.doorNotes" }}

The front door takes all requests. While nothing is ready it holds them for up to {{ .Values.frontDoor.holdSeconds }} s, and so long may helm test take:
  kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/instance={{ .Release.Name }},app.kubernetes.io/component=front-door
{{- $end := add .Values.shutdown.delaySeconds .Values.frontDoor.drainSeconds .Values.autoscaling.pollingSeconds }}
{{- if le (int .Values.autoscaling.cooldownSeconds) (int $end) }}
WARNING: autoscaling.cooldownSeconds is not above the {{ $end }} s that the front door may take to end: what it still holds would look like no demand.
{{- end }}
{{- end }}
