{{/*
The pod: metadata and spec. "pod", "env", "resources" and "argv" are what this pod has of the values; "ports" are
its own, "turn" and "margin" seconds of its grace period: {{ include "wings-infer-sglang.pod" (dict "root" . ...) }}
*/}}
{{- define "wings-infer-sglang.pod" -}}
metadata:
  labels:
    {{- include "wings-infer-sglang.selectorLabels" .root | nindent 4 }}
    {{- with merge (dict) .pod.labels .root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/files: {{ include "wings-infer-sglang.files" .root | sha256sum | quote }}
    kubectl.kubernetes.io/default-container: wings-infer
    {{- with .pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .pod.serviceAccountName | default (include "wings-infer-sglang.fullname" .root) | quote }}
  automountServiceAccountToken: false
  # A Service named like the engine would inject variables (VLLM_PORT) that the engine misreads.
  enableServiceLinks: false
  # Announce, drain, stop, and a margin before kubelet kills.
  terminationGracePeriodSeconds: {{ add .turn (include "wings-infer-sglang.drainDelay" .root) .root.Values.shutdown.drainSeconds .root.Values.shutdown.stopSeconds .margin }}
  # Everything of values.pod that is a field of a pod, as it is written there.
  {{- toYaml (omit .pod "labels" "annotations" "volumes" "volumeMounts" "serviceAccountName") | nindent 2 }}
  containers:
    {{- include "wings-infer-sglang.gateway" . | nindent 4 }}
    {{- include "wings-infer-sglang.engine" . | nindent 4 }}
  volumes:
    # The gateway and the engine talk through files in memory here.
    - name: shared-volume
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
    - name: wings-files
      configMap:
        name: {{ include "wings-infer-sglang.fullname" .root }}-files
    # Engine processes exchange tensors here; counts against the engine's memory limit.
    - name: shm
      emptyDir: {medium: Memory, sizeLimit: {{ .root.Values.engine.shmSize }}}
    - {name: home, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
    {{- include "wings-infer-sglang.modelVolume" .root | nindent 4 }}
    {{- with .pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
Seconds for which a pod that drains still serves late comers: {{ include "wings-infer-sglang.drainDelay" . }}
*/}}
{{- define "wings-infer-sglang.drainDelay" -}}
{{ .Values.shutdown.delaySeconds }}
{{- end }}
