{{/*
The engine's container: {{ include "wings-infer.engine" (dict "root" . "env" ENV "resources" RESOURCES "pod" POD "ports" PORTS "turn" 0) }}
*/}}
{{- define "wings-infer.engine" -}}
- name: vllm-engine
  image: {{ include "wings-infer.image" .root.Values.engine.image | quote }}
  imagePullPolicy: {{ .root.Values.engine.image.pullPolicy }}
  # Waits for the start command in /shared-volume and runs it; the image's own entrypoint is not used.
  command: [/bin/sh, /wings/engine-entrypoint.sh]
  env:
    - name: WINGS_GRACE_SECONDS
      value: {{ add .turn (include "wings-infer.drainDelay" .root) .root.Values.shutdown.drainSeconds .root.Values.shutdown.stopSeconds | quote }}
    - name: WINGS_STOP_SECONDS
      value: {{ .root.Values.shutdown.stopSeconds | quote }}
    - name: POD_IP
      valueFrom:
        fieldRef:
          fieldPath: status.podIP
    {{- include "wings-infer.env" .env | trim | nindent 4 }}
  ports:
    - name: engine
      containerPort: {{ .ports.engine }}
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
      {{- with .root.Values.engine.capabilities }}
      add: {{ toJson . }}
      {{- end }}
  volumeMounts:
    - {name: shared-volume, mountPath: /shared-volume}
    - {name: wings-files, mountPath: /wings, readOnly: true}
    - {name: shm, mountPath: /dev/shm}
    - {name: home, mountPath: /home/wings}
    - {name: tmp, mountPath: /tmp}
    {{- include "wings-infer.modelMount" .root | nindent 4 }}
    {{- with .pod.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
