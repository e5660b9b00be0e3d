#!/usr/bin/env bash
set -euo pipefail
source /opt/venv/bin/activate
: "${PORT:=8001}"
export CUDA_VISIBLE_DEVICES=0,1 HF_HOME=/scratch/hub
export VLLM_USE_MODELSCOPE=True
numactl --interleave=all python -u -m vllm.entrypoints.openai.api_server \
  --model=Qwen/Qwen2.5-7B-Instruct -tp 2 -q fp8 --kv-cache-dtype fp8 \
  --port "$PORT" --lora-modules sql=/adapters/sql tone=/adapters/tone \
  --generation-config '{"temperature": 0.2}'
