"""Asks the real vLLM whether it starts models with given lengths; runs with the engine's Python.

    python judge.py QUESTIONS ANSWERS

QUESTIONS is a JSON list of objects: `config` (a folder with a model's config.json) and `length`.
ANSWERS becomes a list of the same order: what vLLM says against each, empty if nothing. It takes
no weights and no GPU.
"""

import json
import os
import sys
from pathlib import Path

os.environ |= {"HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "CRITICAL", "VLLM_NO_USAGE_STATS": "1"}

from vllm.engine.arg_utils import EngineArgs
from vllm.model_executor.models import ModelRegistry


def refusal(config, length):
    """Why vLLM would not start, with every cause; empty if it would."""
    try:
        import_classes(json.loads((Path(config) / "config.json").read_bytes())["architectures"])
        EngineArgs(
            model=config, max_model_len=length, skip_tokenizer_init=True, load_format="dummy"
        ).create_model_config()
    except Exception as error:
        return " | ".join(messages(error))
    return ""


def import_classes(architectures):
    """Here and once: vLLM asks each class in a process of its own, which takes ten seconds."""
    for name in architectures:
        known = ModelRegistry.models.get(name)
        if hasattr(known, "load_model_cls"):
            ModelRegistry.register_model(name, known.load_model_cls())


def messages(error):
    while error is not None:
        yield f"{type(error).__name__}: {error}"
        error = error.__cause__ or error.__context__


questions, answers = map(Path, sys.argv[1:])
asked = json.loads(questions.read_bytes())
answers.write_text(json.dumps([refusal(each["config"], each["length"]) for each in asked]))
