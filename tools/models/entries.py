"""Makes catalog entries from models' own config.json files; `--check` only compares.

configs/ holds the files, hf_quant/ NVIDIA's files of formats beside them, sources.yaml where each
was found. An entry keeps the keys from which sizes follow: one is left out where what is read of
the file stays the same without it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from looked_up import aliases, looked_up
from ruamel.yaml import YAML

from wingsctl.adapters.yaml_entries import entry_text
from wingsctl.models.keys import INNER
from wingsctl.models.minimal_block import minimal_config
from wingsctl.models.read import read_model
from wingsctl.models.weights import parameter_count

HERE = Path(__file__).resolve().parent
CATALOG = HERE.parents[1] / "profiles" / "models"
HEAD = "Made by tools/models/entries.py from tools/models/{file}"
OF_TWIN = {"maxPositionEmbeddings": "max_position_embeddings", "vocabSize": "vocab_size"}
"""What a twin may have of its own, as its file calls it."""


def entry(repository: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """The catalog entry of one repository."""
    config = read_json(HERE / "configs" / file_of(repository))
    quant_path = HERE / "hf_quant" / file_of(repository)
    quant = read_json(quant_path) if quant_path.is_file() else None
    kept = minimal_config(config, quant)
    parameters = source.get("parameters") or parameter_count(read_model(kept))
    made = {"name": repository, "config": kept, "parameters": parameters}
    keys = ("checkpointGib", "source", "note")
    return made | {key: source[key] for key in keys if key in source}


def twin(repository: str, row: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a model with the sizes of another: what is its own, and never its format."""
    made = entry(row["of"], source)
    config = {key: each for key, each in made["config"].items() if key != "quantization_config"}
    language = next((config[key] for key in INNER if isinstance(config.get(key), dict)), config)
    for key, name in OF_TWIN.items():
        if key in row:
            language[name] = row[key]
    if block := row.get("quantizationConfig"):
        config["quantization_config"] = block
    parameters = row.get("parameters") or parameter_count(read_model(config))
    made = {"name": repository, "config": config, "parameters": parameters}
    stated = {**row, "sameSizesAs": row["of"]}
    keys = ("quantization", "checkpointGib", "sameSizesAs", "source", "note")
    return made | {key: stated[key] for key in keys if key in stated}


def typed(repository: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a model without a file, in the words of a catalog entry."""
    tower = "vision_config" if row["architecture"].get("visionConfig") else "no tower"
    config = {"architectures": ["ForCausalLM"], tower: True}
    return with_facts({"name": repository, **row}, config, "its architecture above")


def with_facts(made: dict[str, Any], config: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """The same entry with its aliases, and what is looked up about the model."""
    name = made["name"]
    names = aliases(name)
    first = {"name": name} | ({"aliases": names} if names else {})
    return first | made | looked_up(name, config, origin)


def file_of(repository: str) -> str:
    return f"{repository.replace('/', '--')}.json"


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def outputs() -> dict[Path, str]:
    """Path -> text of every entry."""
    sources, twins, rows = (rows_of(name) for name in ("sources", "twins", "typed"))
    made = {name: (entry(name, source), name) for name, source in sources.items()}
    made |= {name: (twin(name, row, sources[row["of"]]), row["of"]) for name, row in twins.items()}
    texts = {path_of(name): text_of(each, of) for name, (each, of) in made.items()}
    return texts | {
        path_of(name): entry_text(typed(name, row), HEAD.format(file="typed.yaml"))
        for name, row in rows.items()
    }


def rows_of(name: str) -> dict[str, dict[str, Any]]:
    """A data file of this folder."""
    found: dict[str, dict[str, Any]] = YAML(typ="safe").load(HERE / f"{name}.yaml")
    return found


def text_of(made: dict[str, Any], of: str) -> str:
    """The file of an entry whose sizes are from the config.json of `of`."""
    origin = "its config.json" if made["name"] == of else f"the config.json of {of}"
    full = with_facts(made, read_json(HERE / "configs" / file_of(of)), origin)
    return entry_text(full, HEAD.format(file=f"configs/{file_of(of)}"))


def path_of(repository: str) -> Path:
    return CATALOG / f"{repository.rsplit('/', 1)[1].lower()}.yaml"


def main(arguments: list[str]) -> int:
    """Writes or checks; 1 when an entry is stale."""
    stale = 0
    for path, text in outputs().items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale += 1
            print(f"{'stale' if '--check' in arguments else 'wrote'}: {path.name}")
            if "--check" not in arguments:
                path.write_text(text, "utf-8")
    return int("--check" in arguments and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
