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

from ruamel.yaml import YAML

from wingsctl.adapters.yaml_entries import entry_text
from wingsctl.models.minimal_block import minimal_config
from wingsctl.models.read import read_model
from wingsctl.models.weights import parameter_count

HERE = Path(__file__).resolve().parent
CATALOG = HERE.parents[1] / "profiles" / "models"
HEAD = "Made by tools/models/entries.py from tools/models/configs/{file}"


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
    """The entry of a model with the sizes of another, at 16 bits and with its own length."""
    made = entry(row["of"], source)
    config = {key: each for key, each in made["config"].items() if key != "quantization_config"}
    if length := row.get("maxPositionEmbeddings"):
        config["max_position_embeddings"] = length
    note = f"Twin of {row['of']}, whose config.json these facts are from."
    return {
        "name": repository, "config": config, "parameters": parameter_count(read_model(config)),
        "source": row["source"], "note": note,
    }  # fmt: skip


def file_of(repository: str) -> str:
    return f"{repository.replace('/', '--')}.json"


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def outputs() -> dict[Path, str]:
    """Path -> text of every entry."""
    yaml = YAML(typ="safe")
    sources, twins = yaml.load(HERE / "sources.yaml"), yaml.load(HERE / "twins.yaml")
    made = {path_of(name): (entry(name, source), name) for name, source in sources.items()}
    made |= {
        path_of(name): (twin(name, row, sources[row["of"]]), row["of"])
        for name, row in twins.items()
    }
    return {
        path: entry_text(each, HEAD.format(file=file_of(name)))
        for path, (each, name) in made.items()
    }


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
