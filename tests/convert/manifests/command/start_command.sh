#!/bin/bash
exec python3 -m vllm.entrypoints.openai.api_server \
  --model /models/DeepSeek-R1-Distill-Qwen-1.5B --host 127.0.0.1 --port 8000 \
  --tensor-parallel-size 1 --max-model-len 8192 --trust-remote-code --max-num-seqs 32
