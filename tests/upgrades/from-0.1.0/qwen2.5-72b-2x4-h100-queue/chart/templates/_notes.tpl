{{/*
How to ask the model, and what the pods need from the cluster: {{ include "batch.notes" . }}
*/}}
{{- define "batch.notes" -}}
{{- $name := .Values.service.name | default (include "batch.fullname" .) -}}
Ask it:
  kubectl -n {{ .Release.Namespace }} port-forward service/{{ $name }} 9000:{{ .Values.service.port }} &
  curl -sk http://127.0.0.1:9000/v1/chat/completions -H 'Content-Type: application/json' \
    -d '{{ dict "model" (first .Values.model.servedName) "messages" (list (dict "role" "user" "content" "Say hello.")) "max_tokens" 32 | toRawJson | replace "'" "'\\''" }}'

Check the release:
  helm -n {{ .Release.Namespace }} test {{ .Release.Name }} --logs

Pod Security level this pod needs: privileged (the fabric needs IPC_LOCK).
{{- if eq .Values.gateway.image.repository "wings-infer" }}
WARNING: gateway.image.repository is the bare default wings-infer, which no registry serves. Push the image and name it there.
{{- end }}
{{- end }}
