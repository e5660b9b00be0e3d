"""Arguments of KServe's Hugging Face server -> those of vLLM inside of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import joined

_NAMES = {
    "model_name": "--served-model-name",
    "model_id": "--model",
    "model_dir": "--model",
    "model": "--model",
    "model_revision": "--revision",
    "max_length": "--max-model-len",
    "max_model_len": "--max-model-len",
    "tokenizer_revision": "--tokenizer-revision",
    "served_model_name": "--served-model-name",
    "model_path": "--model-path",
}
_PLACE = "/mnt/models"
_OWN = {"http_port", "grpc_port", "workers", "max_threads", "max_asyncio_workers", "enable_grpc",
        "enable_docs_url", "enable_latency_logging", "configure_logging", "log_config_file",
        "access_log_format", "task", "disable_log_requests", "return_probabilities",
        "return_token_type_ids", "tensor_input_names", "predictor_host", "predictor_protocol",
        "disable_lower_case", "disable_special_tokens", "add_special_tokens"}  # fmt: skip
"""Of the server itself (kserve/kserve, python/huggingfaceserver and python/kserve)."""


def hugging_face_words(items: Sequence[Fields]) -> tuple[list[Fields], bool, bool]:
    """The words for vLLM; whether they name the served model, and whether the model itself."""
    found: list[Fields] = []
    names: set[str] = set()
    skipped = False
    for item, following in zip_longest(items, items[1:]):
        text = item.text()
        if skipped and not text.startswith("-"):
            item.changed("", "goes with the flag before it")
            continue
        skipped = False
        if not text.startswith("--"):
            found.append(item)
            continue
        written, equals, value = text[2:].partition("=")
        name = written.replace("-", "_")
        given = value if equals or following is None else following.text()
        if _is_settled(item, name, given):
            skipped = not equals
            continue
        new = _NAMES.get(name, f"--{written}")
        names.add(new)
        found.append(joined(f"{new}{equals}{value}", item) if new != f"--{written}" else item)
    return found, "--served-model-name" in names, bool(names & {"--model", "--model-path"})


def _is_settled(item: Fields, name: str, value: str) -> bool:
    """Whether the flag is the server's own, and has its row."""
    if name == "backend" and value in ("vllm", "auto"):
        item.implied("vLLM is the engine")
    elif name == "backend":
        item.dropped("vLLM serves it, not Transformers", "compare the answers")
    elif name == "model_dir" and value == _PLACE:
        item.implied("is where model.source puts it")
    elif name in _OWN:
        item.dropped("is of KServe's server, not of vLLM", "leave it out")
    else:
        return False
    return True
