"""Asks another version of vLLM about all models: two layouts each, to see what a version changes.

    PYTHONPATH=FOLDER .tools/engine/bin/python tools/models/other_version.py OUT CONFIG.json...

FOLDER holds that version, unpacked; what it requires is in the engine's environment.

OUT becomes a JSON object with a line for each config: the longest request that the version derives,
and of one rank and of the first of eight the bytes of the weights, and the cache's bytes per token
and request, summed over layers; or why it refuses. The version is the one whose module is loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine_facts import Source, load_sources, loaded_version
from layouts import Layout

LAYOUTS = [Layout(), Layout(tensor=8)]


def main(arguments: Sequence[str]) -> None:
    """Writes the file, and renews it after each model."""
    out = Path(arguments[0])
    here = Path(__file__).resolve().parent
    found: dict[str, Any] = {"version": loaded_version("vllm")}
    for source in load_sources([Path(each) for each in arguments[1:]], here / "hf_quant"):
        found[source.config_path.name] = answer(source)
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
        out.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def answer(source: Source) -> dict[str, Any]:
    """Of both layouts; the first alone where it is refused."""
    from vllm_ranks import _Model

    with TemporaryDirectory() as name:
        model = _Model(Path(name), source)
        rows = [model.row(LAYOUTS[0])]
        if "refused" not in rows[0]:
            rows.append(model.row(LAYOUTS[1]))
        return {"max_length": model.head["max_length"], "ranks": [shortened(row) for row in rows]}


def shortened(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a facts file without its parts."""
    if "refused" in row:
        return {key: row[key] for key in ("tensor", "refused", "why")}
    sums = {
        key: sum(each.get(key, 0) * each["layers"] for each in row["cache"])
        for key in ("bytes_per_token", "bytes_per_request")
    }
    return {"tensor": row["tensor"], "weights": row["weights"], **sums}


if __name__ == "__main__":
    main(sys.argv[1:])
