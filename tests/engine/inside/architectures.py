"""The class of a model whose config.json was made of sizes alone."""

import json
from pathlib import Path

from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


def complete(folder):
    """Writes the name that Transformers has for the model type, where the file has none."""
    path = Path(folder) / "config.json"
    config = json.loads(path.read_bytes())
    found = MODEL_FOR_CAUSAL_LM_MAPPING_NAMES.get(config.get("model_type"))
    if found and not config.get("architectures"):
        path.write_text(json.dumps(config | {"architectures": [found]}))
