"""Writes which tensor parallel sizes the engine refuses, beside those that facts/ has.

    tensor_sizes.py CONFIG.json... --into FILE [--hf-quant FOLDER]

Run it with vLLM's Python, as engine_facts.py. FILE holds the sizes that were asked of every model
whose class can be built, `16 experts` for whole experts on each rank, and for each model those
that were refused, with the engine's words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import vllm_ranks
from engine_facts import Source, load_sources
from layouts import Layout

ASKED = {
    "3": Layout(tensor=3),
    "6": Layout(tensor=6),
    "16": Layout(tensor=16),
    "16 experts": Layout(tensor=16, expert_parallel=True),
    "32": Layout(tensor=32),
}


def main() -> None:
    """Writes FILE."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG.json")
    parser.add_argument("--into", required=True, type=Path, metavar="FILE")
    parser.add_argument("--hf-quant", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    found = {}
    for source in load_sources(options.configs, options.hf_quant):
        name = source.config_path.stem.replace("--", "/", 1)
        refused = refusals(source)
        print(name, "cannot be built" if refused is None else sorted(refused), flush=True)
        if refused is not None:
            found[name] = refused
    content = {"engine": f"vllm {version('vllm').partition('+')[0]}", "asked": list(ASKED)}
    options.into.write_text(json.dumps(content | {"refused": found}, indent=1) + "\n", "utf-8")


def refusals(source: Source) -> dict[str, str] | None:
    """The sizes that are refused, and why; None where not even one rank can be built."""
    with TemporaryDirectory() as folder:
        model = vllm_ranks._Model(Path(folder), source)
        plain = next(model.rows())
        return None if "refused" in plain else dict(_refused(model))


def _refused(model: vllm_ranks._Model) -> Iterator[tuple[str, str]]:
    for name, layout in ASKED.items():
        if layout.expert_parallel and not model.has_experts:
            continue
        said = model.row(layout)
        if "refused" in said:
            yield name, said["why"]


if __name__ == "__main__":
    main()
