"""Tokens of the largest image and video that vLLM plans for a model, from its config.json alone.

    cd tools/models
    PYTHONPATH=../../.tools/engine/sglang ../../.tools/engine/bin/python -B image_facts.py \
      OUT.json configs/*.json

OUT becomes a JSON object with the models that vLLM has an answer for. Most families want the
model's preprocessor_config.json as well, which is not kept here: they are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "CRITICAL", "VLLM_NO_USAGE_STATS": "1"}
TOWERS = ("vision_config", "audio_config")


def main(arguments: Sequence[str]) -> None:
    """Writes the file."""
    out, *paths = map(Path, arguments)
    found = {}
    for path in paths:
        config = json.loads(path.read_text("utf-8"))
        tokens = largest_items(path, config) if any(each in config for each in TOWERS) else None
        if tokens:
            found[path.stem.replace("--", "/", 1)] = tokens
    out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def largest_items(path: Path, config: dict[str, Any]) -> dict[str, int] | None:
    """Modality -> tokens; None where vLLM would have to process an image to say it."""
    from vllm.engine.arg_utils import EngineArgs
    from vllm.multimodal import MULTIMODAL_REGISTRY

    import_classes(config["architectures"])
    with TemporaryDirectory() as folder:
        shutil.copy(path, Path(folder) / "config.json")
        try:
            model = EngineArgs(
                model=folder, skip_tokenizer_init=True, load_format="dummy"
            ).create_model_config()
            info = MULTIMODAL_REGISTRY.get_processing_info(model)
            one_each = dict.fromkeys(info.get_supported_mm_limits(), 1)
            found = info.get_mm_max_tokens_per_item(model.max_model_len, one_each)
            return dict(found) if found else None
        except (OSError, RuntimeError, ValueError) as error:
            print(f"{path.stem}: {type(error).__name__}: {str(error)[:100]}", file=sys.stderr)
            return None


def import_classes(architectures: list[str]) -> None:
    """Here and once: vLLM asks each class in a process of its own, which takes ten seconds."""
    from vllm.model_executor.models import ModelRegistry

    for name in architectures:
        known = ModelRegistry.models.get(name)
        if known is not None and hasattr(known, "load_model_cls"):
            ModelRegistry.register_model(name, known.load_model_cls())


if __name__ == "__main__":
    main(sys.argv[1:])
