"""Asks the real vLLM whether it starts with command lines; runs with the engine's Python.

    python vllm_judge.py PLATFORM QUESTIONS ANSWERS

PLATFORM is cuda, whose cards are stood in for, or cpu. QUESTIONS is a JSON list of objects: `argv`
as the engine's process has it, `model` (a folder with the model's config.json), `env`, and `card`.
ANSWERS becomes a list of the same order: what vLLM says against each, empty if nothing. It takes
no weights and no GPU.
"""

import contextlib
import gc
import io
import json
import os
import sys
from pathlib import Path

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "critical",
    "VLLM_LOGGING_LEVEL": "CRITICAL",
    "VLLM_NO_USAGE_STATS": "1",
}
PLATFORM, QUESTIONS, ANSWERS = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])

if PLATFORM == "cuda":
    import fake_cuda

    fake_cuda.install()

import vllm_entry
import vllm_worker
from answers import messages
from architectures import complete
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.model_executor.models import registry
from vllm.usage.usage_lib import UsageContext


def refusal(question):
    """Why vLLM would not start, with every cause; empty if it would."""
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
    """As far as the engine's process goes before it loads a model."""
    args = vllm_entry.parse(question["argv"])
    args.model = question["model"]
    vllm_entry.validate(args)
    engine_args = AsyncEngineArgs.from_cli_args(args)
    config = engine_args.create_engine_config(
        usage_context=UsageContext.OPENAI_API_SERVER, headless=getattr(args, "headless", False)
    )
    if PLATFORM == "cuda":
        vllm_worker.check(config)


def inspect_here(architecture, model):
    """A new process for each class would take ten seconds."""
    return registry._ModelInfo.from_model_cls(model.load_model_cls())


def answer(question):
    complete(question["model"])
    before = dict(os.environ)
    os.environ |= question["env"]
    if PLATFORM == "cuda":
        fake_cuda.CARD.update(question["card"])
    try:
        return refusal(question)
    finally:
        os.environ.clear()
        os.environ.update(before)


registry._try_inspect_model_cls = inspect_here
gc.freeze()  # to look through all that the engine imported takes longer than a question
answers = [answer(each) for each in json.loads(QUESTIONS.read_bytes())]
ANSWERS.write_text(json.dumps(answers))
