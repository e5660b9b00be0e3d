{{/*
The pod: metadata and spec. "pod", "env", "resources" and "argv" are what this pod has of the values; "ports" are
its own, "turn" and "margin" seconds of its grace period: {{ include "guarded-door.pod" (dict "root" . ...) }}
*/}}
{{- define "guarded-door.pod" -}}
metadata:
  labels:
    {{- include "guarded-door.selectorLabels" .root | nindent 4 }}
    {{- with merge (dict) .pod.labels .root.Values.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/files: {{ include "guarded-door.files" .root | sha256sum | quote }}
    kubectl.kubernetes.io/default-container: wings-infer
    {{- with .pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .pod.serviceAccountName | default (include "guarded-door.fullname" .root) | quote }}
  automountServiceAccountToken: false
  # A Service named like the engine would inject variables (VLLM_PORT) that the engine misreads.
  enableServiceLinks: false
  # Announce, drain, stop, and a margin before kubelet kills.
  terminationGracePeriodSeconds: {{ add .turn (include "guarded-door.drainDelay" .root) .root.Values.shutdown.drainSeconds .root.Values.shutdown.stopSeconds .margin }}
  # Everything of values.pod that is a field of a pod, as it is written there.
  {{- toYaml (omit .pod "labels" "annotations" "volumes" "volumeMounts" "serviceAccountName") | nindent 2 }}
  containers:
    {{- include "guarded-door.gateway" . | nindent 4 }}
    {{- include "guarded-door.engine" . | nindent 4 }}
  volumes:
    # The gateway and the engine talk through files in memory here.
    - name: shared-volume
      emptyDir: {medium: Memory, sizeLimit: 64Mi}
    - name: wings-files
      configMap:
        name: {{ include "guarded-door.fullname" .root }}-files
    # Engine processes exchange tensors here; counts against the engine's memory limit.
    - name: shm
      emptyDir: {medium: Memory, sizeLimit: {{ .root.Values.engine.shmSize }}}
    - {name: home, emptyDir: {}}
    - {name: tmp, emptyDir: {}}
    {{- include "guarded-door.modelVolume" .root | nindent 4 }}
    {{- include "guarded-door.authVolume" .root | nindent 4 }}
    {{- with .pod.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}

{{/*
Seconds for which a pod that drains still serves late comers: {{ include "guarded-door.drainDelay" . }}
*/}}
{{- define "guarded-door.drainDelay" -}}
{{ .Values.shutdown.delaySeconds }}
{{- end }}
