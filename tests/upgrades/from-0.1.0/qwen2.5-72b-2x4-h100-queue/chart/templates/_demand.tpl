{{/*
Metadata of the trigger that adds up the demand over all pods of the front door. KEDA takes the first two labels
of the name as Service and namespace: {{ include "batch.demand" . | fromYaml }}
*/}}
{{- define "batch.demand" -}}
url: http://{{ include "batch.fullname" . }}-demand.{{ .Release.Namespace }}.svc:9001/demand
valueLocation: demand
aggregateFromKubeServiceEndpoints: "true"
aggregationType: sum
{{- end }}
