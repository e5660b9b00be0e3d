"""Writes what one rank of a model holds, as the engine's own code lays it out.

    engine_facts.py CONFIG.json... --into FOLDER [--hf-quant FOLDER] [--only-changed]

Run it with the engine's Python; models with an image encoder need torchvision as well. It takes a
config.json alone, no weights and no GPU: the engine builds its model on torch's meta device, where
a tensor has a shape and no memory, and reports which cache each layer wants. For every config there
is one file of the same name in FOLDER:

config      SHA-256 of the config's bytes, followed by those of its hf_quant_config.json if given
engine, version, dtype, quantization
max_length  tokens that the engine derives as the longest request
notes       what was done to the config or the engine's flags so that it could be asked
ranks       one entry for each layout (layouts.py), the first is one rank that holds everything:
  weights   bytes of the parameters; parts: [bytes, tensors] of each name, `*` for any number
  buffers   bytes of the tensors that are made and not loaded
  cache     for each kind of layer: layers, and bytes of one layer per token or per request
  refused   in place of these, with `why`, where the layout could not be asked (refusals.py)

All numbers are before `process_weights_after_loading`: for some formats a GPU's kernel then pads
or repacks the weights, or keeps a second form of them. A cache's bytes are those of the layer
alone: an engine that gives layers of several kinds pages of one size pads the smaller ones. Layers
with sparse attention over a latent are asked as dense ones: on GPUs their fp8 cache has a layout of
its own (vLLM: 656 bytes per token where 576 are reported).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MODULES = {"vllm": "vllm_ranks", "sglang": "sglang_ranks"}
"""The module that asks each engine."""


@dataclass(frozen=True)
class Source:
    """A model's files."""

    config_path: Path
    quant_path: Path | None = None

    @property
    def digest(self) -> str:
        """Of what is in the files."""
        content = self.config_path.read_bytes()
        return hashlib.sha256(
            content + (self.quant_path.read_bytes() if self.quant_path else b"")
        ).hexdigest()


@dataclass(frozen=True)
class Engine:
    """An engine that can be asked."""

    name: str
    version: str
    facts: Callable[[Source], dict[str, Any]]
    """All of a facts file but what names the config and the engine."""


class BadInputError(Exception):
    """A message for the person at the command line."""


def main(
    arguments: Sequence[str] | None = None,
    engine_named: Callable[[str], Engine] | None = None,
) -> int:
    """Writes the files; 2 with one line on stderr where that cannot begin."""
    options = _parser().parse_args(arguments)
    try:
        sources = load_sources(options.configs, options.hf_quant)
        engine = (engine_named or installed)(options.engine)
        options.into.mkdir(parents=True, exist_ok=True)
        if options.only_changed:
            sources = [each for each in sources if is_changed(each, engine, options.into)]
    except BadInputError as error:
        print(f"engine_facts: {error}", file=sys.stderr)
        return 2
    write_all(sources, engine, options.into)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("configs", nargs="+", type=Path, metavar="CONFIG.json")
    parser.add_argument("--into", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--hf-quant", type=Path, metavar="FOLDER")
    parser.add_argument("--only-changed", action="store_true")
    parser.add_argument("--engine", choices=sorted(MODULES), default="vllm")
    return parser


def load_sources(configs: Iterable[Path], quant_folder: Path | None) -> list[Source]:
    """The models in the order of their names, each of them readable."""
    sources: dict[str, Source] = {}
    for path in configs:
        _check_is_object(path)
        if path.name in sources:
            raise BadInputError(f"{path}: {sources[path.name].config_path} has the same name")
        quant = quant_folder / path.name if quant_folder else None
        if quant and quant.exists():
            _check_is_object(quant)
        sources[path.name] = Source(path, quant if quant and quant.exists() else None)
    return [sources[name] for name in sorted(sources)]


def _check_is_object(path: Path) -> None:
    if path.suffix != ".json":
        raise BadInputError(f"{path}: the name does not end in .json")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInputError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadInputError(f"{path}: no JSON: {error}") from error
    if not isinstance(content, dict):
        raise BadInputError(f"{path}: holds no JSON object")


def installed(name: str) -> Engine:
    """The engine of this Python; imported only when a model is asked."""
    try:
        # A build's mark follows a plus sign: all builds lay a model out alike.
        installed_version = version(name).partition("+")[0]
    except PackageNotFoundError as error:
        raise BadInputError(f"this Python has no {name}: run it with the engine's") from error
    return Engine(
        name, installed_version, lambda source: dict(import_module(MODULES[name]).facts(source))
    )


def is_changed(source: Source, engine: Engine, folder: Path) -> bool:
    """Whether the facts file is absent, of another config or of another engine."""
    try:
        facts = json.loads((folder / source.config_path.name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return True
    return not isinstance(facts, dict) or any(
        facts.get(key) != value for key, value in _identity(source, engine).items()
    )


def _identity(source: Source, engine: Engine) -> dict[str, str]:
    return {"config": source.digest, "engine": engine.name, "version": engine.version}


def write_all(sources: Iterable[Source], engine: Engine, folder: Path) -> None:
    """One file after the other, each named with the number of its rows as it is written."""
    for source in sources:
        content = {**engine.facts(source), **_identity(source, engine)}
        (folder / source.config_path.name).write_text(as_text(content), encoding="utf-8")
        ranks = content["ranks"]
        refused = sum("refused" in rank for rank in ranks)
        print(f"{source.config_path.name}: {len(ranks)} rows, {refused} refused", flush=True)


def as_text(content: dict[str, Any]) -> str:
    """JSON with sorted keys, a line for each key and for each rank."""
    lines = [
        f"{json.dumps(key)}: {_ranks(value) if key == 'ranks' else _on_one_line(value)}"
        for key, value in sorted(content.items())
    ]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _ranks(ranks: list[dict[str, Any]]) -> str:
    return "[\n" + ",\n".join(f" {_on_one_line(rank)}" for rank in ranks) + "\n]"


def _on_one_line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


if __name__ == "__main__":
    sys.exit(main())
