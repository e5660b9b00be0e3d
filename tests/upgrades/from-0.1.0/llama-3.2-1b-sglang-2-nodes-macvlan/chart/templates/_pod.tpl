{{/*
The pod: metadata and spec. "pod", "env", "resources" and "argv" are what this pod has of the values; "ports" are
its own, "turn" and "margin" seconds of its grace period: {{ include "llama-small.pod" (dict "root" . ...) }}
*/}}
{{- define "llama-small.pod" -}}
metadata:
  labels:
    {{- include "llama-small.selectorLabels" .root | nindent 4 }}
    {{- include "llama-small.setLabels" . | nindent 4 }}
    {{- with merge (dict) .pod.labels .root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/files: {{ include "llama-small.files" .root | sha256sum | quote }}
    kubectl.kubernetes.io/default-container: wings-infer
    {{- with .pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .pod.serviceAccountName | default (include "llama-small.fullname" .root) | quote }}
  automountServiceAccountToken: false
  # A Service named like the engine would inject variables (VLLM_PORT) that the engine misreads.
  enableServiceLinks: false
  # Announce, drain, stop, and a margin before kubelet kills.
  terminationGracePeriodSeconds: {{ add .turn (include "llama-small.drainDelay" .root) .root.Values.shutdown.drainSeconds .root.Values.shutdown.stopSeconds .margin }}
  # Everything of values.pod that is a field of a pod, as it is written there.
  {{- toYaml (omit .pod "labels" "annotations" "volumes" "volumeMounts" "serviceAccountName") | nindent 2 }}
  containers:
    {{- include "llama-small.gateway" . | nindent 4 }}
    {{- include "llama-small.engine" . | nindent 4 }}
  volumes:
    # The gateway and the engine talk through files in memory here.
    - name: shared-volume
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
    - name: wings-files
      configMap:
        name: {{ include "llama-small.fullname" .root }}-files
    # Engine processes exchange tensors here; counts against the engine's memory limit.
    - name: shm
      emptyDir: {medium: Memory, sizeLimit: {{ .root.Values.engine.shmSize }}}
    - {name: home, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
    {{- include "llama-small.modelVolume" .root | nindent 4 }}
    {{- with .pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
Seconds for which a pod that drains still serves late comers: {{ include "llama-small.drainDelay" . }}
*/}}
{{- define "llama-small.drainDelay" -}}
{{- /* A leader also drains where only a worker ends: its Service learns it from the readiness probe. */ -}}
{{- $probe := .Values.probes.readiness -}}
{{ add .Values.shutdown.delaySeconds (mul $probe.periodSeconds $probe.failureThreshold) }}
{{- end }}
