"""Asks the real vLLM whether it starts with command lines; runs with the engine's Python.

    python vllm_judge.py PLATFORM QUESTIONS ANSWERS

PLATFORM is cuda, whose cards are stood in for, or cpu. QUESTIONS is a JSON list of objects: `argv`
as the engine's process has it, `model` (a folder with the model's config.json), `env`, and `card`.
ANSWERS becomes a list of the same order: what vLLM says against each, empty if nothing. It takes
no weights and no GPU.
"""

import os
import sys

os.environ |= {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_VERBOSITY": "critical",
    "VLLM_LOGGING_LEVEL": "CRITICAL",
    "VLLM_NO_USAGE_STATS": "1",
}
PLATFORM, QUESTIONS, ANSWERS = sys.argv[1], sys.argv[2], sys.argv[3]

CARD = {}
if PLATFORM == "cuda":
    import fake_cuda

    fake_cuda.install()
    CARD = fake_cuda.CARD

import vllm_entry
import vllm_worker
from answers import answer_all
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.model_executor.models import registry
from vllm.usage.usage_lib import UsageContext

try:
    from vllm.config import reasoning
except ImportError:  # older versions make the parser with the server
    reasoning = None


class AnyToken(dict):
    """The vocabulary of a tokenizer that has every token: models come without their own."""

    def __missing__(self, token):
        return 1

    def __contains__(self, token):
        return True

    def get(self, token, default=None):
        return self[token]


class Tokenizer:
    """As far as a reasoning parser is made with it."""

    def get_vocab(self):
        return AnyToken()

    def encode(self, text, **options):
        return [1]


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


registry._try_inspect_model_cls = inspect_here
if reasoning is not None:
    reasoning.cached_tokenizer_from_config = lambda model_config: Tokenizer()
answer_all(QUESTIONS, ANSWERS, start, CARD)
