{{/*
Metadata of the trigger that adds up the demand over all pods of the front door. KEDA takes the first two labels
of the name as Service and namespace: {{ include "quiet.demand" . | fromYaml }}
*/}}
{{- define "quiet.demand" -}}
url: http://{{ include "quiet.fullname" . }}-demand.{{ .Release.Namespace }}.svc:9001/demand
valueLocation: demand
aggregateFromKubeServiceEndpoints: "true"
aggregationType: sum
{{- end }}
