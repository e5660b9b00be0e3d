"""Writes which tensor parallel sizes an engine refuses, beside those that facts/ has of vLLM.

    tensor_sizes.py CONFIG.json... --into FILE [--hf-quant FOLDER] [--engine sglang]

Run it as engine_facts.py. FILE holds the sizes that were asked of every model whose class can be
built, `16 experts` for whole experts on each rank, and for each model those that were refused.
The engine's words go to standard output.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from engine_facts import MODULES, Source, installed, load_sources
from layouts import Layout

ASKED = {
    "vllm": {
        "3": Layout(tensor=3),
        "6": Layout(tensor=6),
        "16": Layout(tensor=16),
        "16 experts": Layout(tensor=16, expert_parallel=True),
        "32": Layout(tensor=32),
    },
    "sglang": {
        "2": Layout(tensor=2),
        "4": Layout(tensor=4),
        "8": Layout(tensor=8),
        "8 experts": Layout(tensor=8, expert_parallel=True),
        "16": Layout(tensor=16),
    },
}
"""By engine; facts/ has 2, 4 and 8 of vLLM."""


def main() -> None:
    """Writes FILE."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG.json")
    parser.add_argument("--into", required=True, type=Path, metavar="FILE")
    parser.add_argument("--hf-quant", type=Path, metavar="FOLDER")
    parser.add_argument("--engine", choices=sorted(MODULES["layouts"]), default="vllm")
    options = parser.parse_args()
    engine, asked = installed(options.engine, "layouts"), ASKED[options.engine]
    module = import_module(MODULES["layouts"][options.engine])
    found: dict[str, list[str]] = {}
    for source in load_sources(options.configs, options.hf_quant):
        name = source.config_path.stem.replace("--", "/", 1)
        refused = refusals(module, source, asked)
        print(name, "cannot be built" if refused is None else refused, flush=True)
        if refused is not None:
            found[name] = list(refused)
    content = {"engine": engine.name, "version": engine.version, "asked": list(asked)}
    lines = [f"  {json.dumps(name)}: {json.dumps(sizes)}" for name, sizes in found.items()]
    head = json.dumps(content)[:-1] + ', "refused": {\n'
    options.into.write_text(head + ",\n".join(lines) + "\n}}\n", encoding="utf-8")


def refusals(module: ModuleType, source: Source, asked: dict[str, Layout]) -> dict[str, str] | None:
    """The sizes that are refused, and why; None where not even one rank can be built."""
    with TemporaryDirectory() as folder:
        model = module._Model(Path(folder), source)
        plain = next(model.rows())
        return None if "refused" in plain else dict(_refused(model, asked))


def _refused(model: Any, asked: dict[str, Layout]) -> Iterator[tuple[str, str]]:
    for name, layout in asked.items():
        if layout.expert_parallel and not model.has_experts:
            continue
        said = model.row(layout)
        if "refused" in said:
            yield name, said["why"]


if __name__ == "__main__":
    main()
