{{/*
Metadata of the trigger that adds up the demand over all pods of the front door. KEDA takes the first two labels
of the name as Service and namespace: {{ include "deepseek-r1.demand" . | fromYaml }}
*/}}
{{- define "deepseek-r1.demand" -}}
url: http://{{ include "deepseek-r1.fullname" . }}-demand.{{ .Release.Namespace }}.svc:9001/demand
valueLocation: demand
aggregateFromKubeServiceEndpoints: "true"
aggregationType: sum
{{- end }}
