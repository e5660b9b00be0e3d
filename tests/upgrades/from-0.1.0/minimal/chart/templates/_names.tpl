{{/*
Name of everything in this release: {{ include "chat.fullname" . }}
At most 52 characters, so that every suffix fits; a longer release name is cut and keeps a hash.
Unlike a release's name, a Service's has no dots and starts with a letter.
*/}}
{{- define "chat.fullname" -}}
{{- $name := regexReplaceAll "^([0-9])" (replace "." "-" .Release.Name) "r-${1}" -}}
{{- gt (len $name) 52 | ternary (printf "%s-%s" (trunc 45 $name) (sha256sum $name | trunc 6)) $name -}}
{{- end }}

{{/*
What the Services, the pods' controller and the policies select by; never changes in a living release:
{{ include "chat.selectorLabels" . }}
*/}}
{{- define "chat.selectorLabels" -}}
app.kubernetes.io/name: {{ quote .Chart.Name }}
app.kubernetes.io/instance: {{ quote .Release.Name }}
app.kubernetes.io/component: engine
{{- end }}

{{/*
metadata of an object; its own labels and annotations win over those for every object. A "component"
keeps an object out of what selectorLabels selects:
{{ include "chat.metadata" (dict "root" . "name" "NAME" "annotations" .Values.service.annotations) }}
*/}}
{{- define "chat.metadata" -}}
name: {{ quote .name }}
labels:
  app.kubernetes.io/name: {{ quote .root.Chart.Name }}
  app.kubernetes.io/instance: {{ quote .root.Release.Name }}
  app.kubernetes.io/component: {{ default "engine" .component }}
  app.kubernetes.io/managed-by: {{ .root.Release.Service }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimAll "-._" }}
  {{- with merge (dict) (default dict .labels) .root.Values.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (default dict .annotations) .root.Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
