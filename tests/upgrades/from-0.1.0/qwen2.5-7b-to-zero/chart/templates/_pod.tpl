{{/*
The pod: metadata and spec. "pod", "env", "resources" and "argv" are what this pod has of the values; "ports" are
its own, "turn" and "margin" seconds of its grace period: {{ include "quiet.pod" (dict "root" . ...) }}
*/}}
{{- define "quiet.pod" -}}
metadata:
  labels:
    {{- include "quiet.selectorLabels" .root | nindent 4 }}
    {{- with merge (dict) .pod.labels .root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/files: {{ include "quiet.files" .root | sha256sum | quote }}
    kubectl.kubernetes.io/default-container: wings-infer
    {{- with .pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .pod.serviceAccountName | default (include "quiet.fullname" .root) | quote }}
  automountServiceAccountToken: false
  # A Service named like the engine would inject variables (VLLM_PORT) that the engine misreads.
  enableServiceLinks: false
  # Announce, drain, stop, and a margin before kubelet kills.
  terminationGracePeriodSeconds: {{ add .turn (include "quiet.drainDelay" .root) .root.Values.shutdown.drainSeconds .root.Values.shutdown.stopSeconds .margin }}
  # Everything of values.pod that is a field of a pod, as it is written there.
  {{- toYaml (omit .pod "labels" "annotations" "volumes" "volumeMounts" "serviceAccountName") | nindent 2 }}
  containers:
    {{- include "quiet.gateway" . | nindent 4 }}
    {{- include "quiet.engine" . | nindent 4 }}
  volumes:
    # The gateway and the engine talk through files in memory here.
    - name: shared-volume
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
    - name: wings-files
      configMap:
        name: {{ include "quiet.fullname" .root }}-files
    # Engine processes exchange tensors here; counts against the engine's memory limit.
    - name: shm
      emptyDir: {medium: Memory, sizeLimit: {{ .root.Values.engine.shmSize }}}
    - {name: home, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
    {{- include "quiet.modelVolume" .root | nindent 4 }}
    {{- with .pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
Seconds for which a pod that drains still serves late comers: {{ include "quiet.drainDelay" . }}
*/}}
{{- define "quiet.drainDelay" -}}
{{ .Values.shutdown.delaySeconds }}
{{- end }}
