{{/*
The gateway's container. The engine's argv, the pod's ports and (of a group) its place come from the caller:
{{ include "laptop.gateway" (dict "root" . "argv" ARGV "ports" PORTS) }}
*/}}
{{- define "laptop.gateway" -}}
- name: wings-infer
  image: {{ include "laptop.image" .root.Values.gateway.image | quote }}
  imagePullPolicy: {{ .root.Values.gateway.image.pullPolicy }}
  # The engine's argv. The gateway quotes it into /shared-volume/start_command.sh; $(NAME) is one of env.
  args:
    {{- .argv | trim | nindent 4 }}
  env:
    - name: ENGINE_TYPE
      value: vllm
    - name: ENGINE_PORT
      value: {{ .ports.engine | quote }}
    - name: WINGS_PORT
      value: {{ .ports.http | quote }}
    - name: MODEL_NAME
      value: {{ include "laptop.literal" (first .root.Values.model.servedName) }}
    - name: MODEL_PATH
      value: {{ include "laptop.literal" .root.Values.model.path }}
    - name: TP_SIZE
      value: {{ .root.Values.parallelism.tensor | quote }}
    - name: MAX_MODEL_LEN
      value: {{ toJson .root.Values.model.maxLength | quote }}
    - name: WINGS_CLUSTER_PORT
      value: {{ .ports.cluster | quote }}
    - name: WINGS_ENGINE_VERSION
      value: {{ quote .root.Values.engine.version }}
    - name: WINGS_ENGINE_HEALTH_PATH
      value: /health
    - name: WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS
      value: "5"
    - name: WINGS_ENGINE_METRICS_PATH
      value: /metrics
    - name: WINGS_ENGINE_GENERATE
      value: translate
    - name: WINGS_LOAD_DEADLINE_SECONDS
      value: {{ .root.Values.startup.loadDeadlineSeconds | quote }}
    - name: WINGS_DRAIN_DELAY_SECONDS
      value: {{ include "laptop.drainDelay" .root | quote }}
    - name: WINGS_DRAIN_SECONDS
      value: {{ .root.Values.shutdown.drainSeconds | quote }}
    - name: WINGS_STOP_SECONDS
      value: {{ .root.Values.shutdown.stopSeconds | quote }}
    {{- with .root.Values.gateway.env }}
    {{- include "laptop.env" . | trim | nindent 4 }}
    {{- end }}
  ports:
    - {name: http, containerPort: {{ .ports.http }}}
    - {name: cluster, containerPort: {{ .ports.cluster }}}
  readinessProbe:
    httpGet:
      path: /health
      port: http
      scheme: HTTP
    {{- toYaml .root.Values.probes.readiness | nindent 4 }}
  # The agent itself. It answers while the engine loads, so that nothing restarts a long load.
  livenessProbe:
    httpGet:
      path: /livez
      port: cluster
    {{- toYaml .root.Values.probes.liveness | nindent 4 }}
  # What it said last stands in `kubectl describe pod` when it fails.
  terminationMessagePolicy: FallbackToLogsOnError
  resources:
    {{- toYaml .root.Values.gateway.resources | nindent 4 }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
  volumeMounts:
    - {name: shared-volume, mountPath: /shared-volume}
{{- end }}
