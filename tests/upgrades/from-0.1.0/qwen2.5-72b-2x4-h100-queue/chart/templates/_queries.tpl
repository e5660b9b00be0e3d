{{/*
A Prometheus query about the pods of this release and of no other; no series counts as nothing:
{{ include "batch.query" (dict "root" . "preset" "demand") }}
*/}}
{{- define "batch.query" -}}
{{- $pods := printf "%s-[0-9]+-0" (include "batch.fullname" .root) }}
{{- $ours := printf "{namespace=%q,pod=~%q}" .root.Release.Namespace $pods }}
{{- $waiting := printf "(sum(vllm:num_requests_waiting%s) or vector(0))" $ours }}
{{- $running := printf "(sum(vllm:num_requests_running%s) or vector(0))" $ours }}
{{- $first := printf "sum by (le) (rate(vllm:time_to_first_token_seconds_bucket%s[2m]))" $ours }}
{{- $gpus := printf "DCGM_FI_DEV_GPU_UTIL%s or DCGM_FI_DEV_GPU_UTIL%s" $ours (replace "pod=" "exported_pod=" $ours | replace "namespace=" "exported_namespace=") }}
{{- $queries := dict "demand" (printf "%s + %s" $waiting $running) "queue-length" $waiting }}
{{- $_ := set $queries "ttft-p95" (printf "histogram_quantile(0.95, %s) or vector(0)" $first) }}
{{- $_ := set $queries "gpu-utilisation" (printf "avg(%s) or vector(0)" $gpus) }}
{{- get $queries .preset }}
{{- end }}
