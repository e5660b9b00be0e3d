"""Asks the real SGLang whether it starts with command lines; runs with the engine's Python.

    python sglang_judge.py PLATFORM QUESTIONS ANSWERS

As vllm_judge.py. On cuda the cards are stood in for: what torch says of them, and SGLang's kernels.
"""

import os
import sys

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "critical"}
PLATFORM, QUESTIONS, ANSWERS = sys.argv[1], sys.argv[2], sys.argv[3]

CARD = {}
if PLATFORM == "cuda":
    import fake_torch_cuda

    fake_torch_cuda.install()
    CARD = fake_torch_cuda.CARD

from answers import answer_all
from sglang.srt.configs.model_config import ModelConfig
from sglang.srt.server_args import prepare_server_args

START = ["python3", "-m", "sglang.launch_server"]


def start(question):
    """As far as the launcher goes before it starts processes."""
    argv = question["argv"]
    assert argv[:3] == START, argv
    words = argv[3:]
    words[words.index("--model-path") + 1] = question["model"]
    arguments = prepare_server_args(words)
    arguments.resolve_once()
    arguments.check_server_args()
    ModelConfig.from_server_args(arguments)


answer_all(QUESTIONS, ANSWERS, start, CARD)
