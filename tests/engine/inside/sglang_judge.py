"""Asks the real SGLang whether it starts with command lines; runs with the engine's Python.

    python sglang_judge.py PLATFORM QUESTIONS ANSWERS

As vllm_judge.py. On cuda the cards are stood in for: what torch says of them, and SGLang's kernels.
"""

import contextlib
import gc
import io
import json
import os
import sys
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "critical"}
PLATFORM, QUESTIONS, ANSWERS = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])

if PLATFORM == "cuda":
    import fake_torch_cuda

    fake_torch_cuda.install()

from answers import messages
from architectures import complete
from sglang.srt.configs.model_config import ModelConfig
from sglang.srt.server_args import prepare_server_args

START = ["python3", "-m", "sglang.launch_server"]


def refusal(question):
    """Why SGLang would not start, with every cause; empty if it would."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            start(question)
        except SystemExit:
            return said.getvalue().strip().rpartition("\n")[2]
        except Exception as error:  # whatever the engine raises is its answer
            return " | ".join(messages(error))
    return ""


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


def answer(question):
    complete(question["model"])
    before = dict(os.environ)
    os.environ |= question["env"]
    if PLATFORM == "cuda":
        fake_torch_cuda.CARD.update(question["card"])
    try:
        return refusal(question)
    finally:
        os.environ.clear()
        os.environ.update(before)


gc.freeze()  # to look through all that the engine imported takes longer than a question
answers = [answer(each) for each in json.loads(QUESTIONS.read_bytes())]
ANSWERS.write_text(json.dumps(answers))
