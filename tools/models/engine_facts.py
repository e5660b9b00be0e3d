"""Writes what one rank of a model holds, as the engine's own code lays it out.

    engine_facts.py CONFIG.json... --into FOLDER [--hf-quant FOLDER] [--only-changed]
        [--engine vllm|sglang] [--about layouts|lora|drafts]

Run it with the engine's Python; models with an image encoder need torchvision as well. It takes a
config.json alone, no weights and no GPU: the engine builds its model on torch's meta device, where
a tensor has a shape and no memory, and reports which cache each layer wants. For every config there
is one file of the same name in FOLDER, and a line in FOLDER.lock (fact_index.py):

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
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fact_index import Origin, digest, read_index, tool_digest, write_index

MODULES = {
    "layouts": {"vllm": "vllm_ranks", "sglang": "sglang_ranks"},
    "lora": {"vllm": "vllm_lora"},
    "drafts": {"vllm": "vllm_drafts"},
}
"""The module that asks each engine, by what it is asked about; `ranks` has its answers."""


@dataclass(frozen=True)
class Source:
    """A model's files."""

    config_path: Path
    quant_path: Path | None = None

    @property
    def digest(self) -> str:
        """Of what is in the files."""
        content = self.config_path.read_bytes()
        return digest(content + (self.quant_path.read_bytes() if self.quant_path else b""))


@dataclass(frozen=True)
class Engine:
    """An engine that can be asked."""

    name: str
    version: str
    module: str
    """What asks it."""
    facts: Callable[[Source], dict[str, Any]]
    """All of a facts file but what names the config and the engine."""


class BadInputError(Exception):
    """A message for the person at the command line."""


def main(
    arguments: Sequence[str] | None = None,
    engine_named: Callable[[str, str], Engine] | None = None,
) -> int:
    """Writes the files; 2 with one line on stderr where that cannot begin."""
    options = _parser().parse_args(arguments)
    try:
        sources = load_sources(options.configs, options.hf_quant)
        engine = (engine_named or installed)(options.engine, options.about)
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
    parser.add_argument("--engine", choices=sorted(MODULES["layouts"]), default="vllm")
    parser.add_argument("--about", choices=list(MODULES), default="layouts")
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


def installed(name: str, about: str) -> Engine:
    """The engine of this Python; imported only when a model is asked."""
    if name not in MODULES[about]:
        raise BadInputError(f"{name} cannot be asked about {about}")
    module = MODULES[about][name]
    return Engine(
        name, loaded_version(name), module, lambda source: dict(import_module(module).facts(source))
    )


def loaded_version(name: str) -> str:
    """Of the module that an import takes, whatever other versions lie further down the path."""
    spec = find_spec(name)
    if not spec or not spec.origin:
        raise BadInputError(f"this Python has no {name}: run it with the engine's")
    folder = str(Path(spec.origin).parents[1])
    named = {each.metadata["Name"]: each.version for each in distributions(path=[folder])}
    found = named.get(f"{name}-cpu") or named.get(name)
    if not found:
        raise BadInputError(f"{folder}: does not state which {name} it has")
    # A build's mark follows a plus sign: all builds lay a model out alike.
    return found.partition("+")[0]


def is_changed(source: Source, engine: Engine, folder: Path) -> bool:
    """Whether the facts file is absent or was edited, or was made of anything else."""
    path = folder / source.config_path.name
    known = read_index(folder).get(path.name)
    return not path.is_file() or known != origin(source, engine, path)


def origin(source: Source, engine: Engine, path: Path) -> Origin:
    """What the facts file at the path, made now, is of."""
    return Origin(
        engine.name,
        engine.version,
        source.digest,
        tool_digest(engine.module),
        digest(path.read_bytes()),
    )


def write_all(sources: Iterable[Source], engine: Engine, folder: Path) -> None:
    """One file after the other, each named with the number of its rows as it is written."""
    for source in sources:
        path = folder / source.config_path.name
        named = {"config": source.digest, "engine": engine.name, "version": engine.version}
        content = {**engine.facts(source), **named}
        path.write_text(as_text(content), encoding="utf-8")
        write_index(folder, read_index(folder) | {path.name: origin(source, engine, path)})
        ranks = content["ranks"]
        refused = sum("refused" in rank for rank in ranks)
        print(f"{path.name}: {len(ranks)} rows, {refused} refused", flush=True)


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
