"""Makes catalog entries from models' own config.json files; `--check` only compares.

configs/ holds the files, hf_quant/ NVIDIA's files of formats beside them, sources.yaml where each
was found. An entry keeps the keys from which sizes follow: one is left out where what is read of
the file stays the same without it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from looked_up import aliases, looked_up
from ruamel.yaml import YAML

from wingsctl.models.architecture import Model
from wingsctl.models.formats import Format, Formats
from wingsctl.models.keys import INNER
from wingsctl.models.matrices import matrices_of
from wingsctl.models.quantization import read_formats
from wingsctl.models.read import keys_read, read_model
from wingsctl.models.weights import parameter_count

HERE = Path(__file__).resolve().parent
CATALOG = HERE.parents[1] / "profiles" / "models"
HEAD = "# Made by tools/models/entries.py from tools/models/configs/{file}\n"
TYPED_HEAD = "# Made by tools/models/entries.py from tools/models/typed.yaml\n"
SHOWN = {
    "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "intermediate_size", "vocab_size", "tie_word_embeddings",
    "max_position_embeddings", "rope_type", "type",
}  # fmt: skip
"""Kept in any case: what people look up."""
MAPPINGS = (*INNER, "vision_config", "rope_scaling", "rope_parameters", "linear_attn_config")
WIDTH = 10_000
OF_TWIN = {"maxPositionEmbeddings": "max_position_embeddings", "vocabSize": "vocab_size"}
"""What a twin may have of its own, as its file calls it."""


def entry(repository: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """The catalog entry of one repository."""
    config = read_json(HERE / "configs" / file_of(repository))
    quant_path = HERE / "hf_quant" / file_of(repository)
    quant = read_json(quant_path) if quant_path.is_file() else None
    kept = minimal(config)
    if block := minimal_block(config, quant):
        kept["quantization_config"] = block
    parameters = source.get("parameters") or parameter_count(read_model(kept))
    made = {"name": repository, "config": kept, "parameters": parameters}
    keys = ("checkpointGib", "source", "note")
    return made | {key: source[key] for key in keys if key in source}


def twin(repository: str, row: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a model with the sizes of another, at 16 bits and with its own length."""
    made = entry(row["of"], source)
    config = {key: each for key, each in made["config"].items() if key != "quantization_config"}
    language = next((config[key] for key in INNER if isinstance(config.get(key), dict)), config)
    for key, name in OF_TWIN.items():
        if key in row:
            language[name] = row[key]
    if block := row.get("quantizationConfig"):
        config["quantization_config"] = block
    parameters = row.get("parameters") or parameter_count(read_model(config))
    keys = ("quantization", "checkpointGib", "source", "note")
    kept = {key: row[key] for key in keys if key in row}
    made = {"name": repository, "config": config, "parameters": parameters}
    return made | {"sameSizesAs": row["of"]} | kept


def full_config(repository: str) -> dict[str, Any]:
    """The file itself, of which an entry keeps a part."""
    return read_json(HERE / "configs" / file_of(repository))


def typed(repository: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The entry of a model without a file, in the words of a catalog entry."""
    tower = "vision_config" if row["architecture"].get("visionConfig") else "no tower"
    config = {"architectures": ["ForCausalLM"], tower: True}
    facts = looked_up(repository, config, "its architecture above")
    return {"name": repository, **row, **facts, **alias_key(repository)}


def file_of(repository: str) -> str:
    return f"{repository.replace('/', '--')}.json"


def read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def minimal(config: Mapping[str, Any]) -> dict[str, Any]:
    """The fewest keys from which the same model is read."""
    kept = {key: value for key, value in config.items() if key != "quantization_config"}
    wanted, asked = read_model(kept), keys_read(kept) | set(wanted_mappings(kept)) | SHOWN
    asked |= set(wanted.doubts)
    kept = {key: _asked(key, value, asked) for key, value in kept.items() if key in asked}
    assert read_model(kept) == wanted
    for path in list(paths_of(kept)):
        without = dropped(kept, path)
        if path[-1] not in SHOWN and is_read_as(without, wanted):
            kept = without
    return pruned(kept)


def wanted_mappings(config: Mapping[str, Any]) -> Iterator[str]:
    return (key for key in MAPPINGS if key in config)


def _asked(key: str, value: Any, asked: set[str] | frozenset[str]) -> Any:
    """Of the language model's own mapping, what reading asks for."""
    if key not in INNER or not isinstance(value, dict):
        return value
    return {name: each for name, each in value.items() if name in asked}


def paths_of(config: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Keys, those of nested mappings before their own."""
    for key, value in config.items():
        if key in MAPPINGS and isinstance(value, dict):
            yield from ((key, *rest) for rest in paths_of(value))
        yield (key,)


def dropped(config: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A copy without one key."""
    copy = dict(config)
    if len(path) == 1:
        copy.pop(path[0], None)
    elif isinstance(copy.get(path[0]), dict):
        copy[path[0]] = dropped(copy[path[0]], path[1:])
    return copy


def is_read_as(config: Mapping[str, Any], wanted: Model) -> bool:
    """Also false where it is not read at all."""
    try:
        return read_model(config) == wanted
    except Exception:
        return False


def pruned(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without nulls that a class would fill in the same way, and without empty mappings."""
    return {
        key: pruned(value) if isinstance(value, dict) else value
        for key, value in config.items()
        if value != {}
    }


def minimal_block(config: dict[str, Any], quant: dict[str, Any] | None) -> dict[str, Any]:
    """The quantization block without what changes nothing; empty where nothing is quantised."""
    formats = read_formats(config, quant)
    if formats.method is None:
        return {}
    inner: dict[str, Any] = next(
        (config[key] for key in INNER if isinstance(config.get(key), dict)), {}
    )
    block = config.get("quantization_config") or inner.get("quantization_config")
    if not block:
        found = quant or {}
        block = {"quant_method": "modelopt", **found.get("quantization", found)}
    model = read_model({key: each for key, each in config.items() if key != "quantization_config"})
    return _smallest(model, config, dict(block))


def _smallest(model: Model, config: dict[str, Any], block: dict[str, Any]) -> dict[str, Any]:
    """Keys, then names of its lists, one by one."""
    wanted = formats_with(model, config, block)
    for key in [each for each in block if each != "quant_method"]:
        without = {name: value for name, value in block.items() if name != key}
        if formats_with(model, config, without) == wanted:
            block = without
    for key, value in list(block.items()):
        if isinstance(value, list) and value and isinstance(value[0], str):
            block[key] = _fewest(model, config, block, key)
        elif key == "quantized_layers":
            block[key] = _by_name(value)
        elif key == "config_groups":
            block[key] = {name: _group(each) for name, each in value.items()}
    return block


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    """What a format follows from."""
    keys = ("num_bits", "type", "strategy", "group_size")
    weights = group.get("weights") or {}
    kept = {key: weights[key] for key in keys if weights.get(key) is not None}
    outer = {key: group[key] for key in ("format", "targets") if group.get(key)}
    return {**outer, "weights": kept}


def _fewest(model: Model, config: dict[str, Any], block: dict[str, Any], key: str) -> list[str]:
    """Names without layers where all layers have them, as far as one is needed."""
    wanted = formats_with(model, config, block)
    found: dict[str, list[str]] = {}
    for name in block[key]:
        found.setdefault(without_layer(name), []).append(name)
    for short in list(found):
        fewer = {name: names for name, names in found.items() if name != short}
        for tried in (fewer, {**found, short: [short]}):
            if formats_with(model, config, {**block, key: flat(tried)}) == wanted:
                found = tried
                break
    return flat(found)


def flat(found: Mapping[str, list[str]]) -> list[str]:
    return [name for names in found.values() for name in names]


def without_layer(name: str) -> str:
    return re.sub(r"^.*layers\.\d+\.", "", name)


def _by_name(layers: Mapping[str, Any]) -> dict[str, Any]:
    """One line for a module of all layers."""
    found: dict[str, Any] = {}
    for name, layer in layers.items():
        short = without_layer(re.sub(r"experts\.\d+(\.\w+)?", "experts", name))
        found[short] = {"quant_algo": layer["quant_algo"]}
    return found


def formats_with(model: Model, config: dict[str, Any], block: dict[str, Any]) -> tuple[Any, ...]:
    """What this quantization block makes of the cache and of every layer."""
    outer = {key: value for key, value in config.items() if key not in INNER}
    formats = read_formats({**outer, "quantization_config": block})
    return formats.cache_bytes, formats_by_layer(model, formats)


def formats_by_layer(model: Model, formats: Formats) -> list[tuple[Format | None, ...]]:
    """The format of the head, then for each layer the formats of its matrices."""
    known: dict[object, tuple[Format | None, ...]] = {}
    found: list[tuple[Format | None, ...]] = [(formats.of(None, "lm_head"),)]
    for index, layer in enumerate(model.layers):
        kind = layer, formats.kind_of(index)
        if kind not in known:
            known[kind] = tuple(formats.of(index, each.name) for each in matrices_of(model, layer))
        found.append(known[kind])
    return found


def text_of(made: Mapping[str, Any], file: str) -> str:
    """As YAML, lists of layers on few lines."""
    yaml = YAML()
    yaml.default_flow_style = None
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(str, _quoted_where_unusual)
    out = StringIO()
    yaml.dump(dict(made), out)
    return HEAD.format(file=file) + out.getvalue()


def _quoted_where_unusual(representer: Any, text: str) -> Any:
    """Expressions, which some readers of YAML take for something else."""
    style = '"' if re.search(r"[*:\\(]", text) else None
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style)


def outputs() -> dict[Path, str]:
    """Path -> text of every entry."""
    yaml = YAML(typ="safe")
    sources, twins = yaml.load(HERE / "sources.yaml"), yaml.load(HERE / "twins.yaml")
    rows = yaml.load(HERE / "typed.yaml")
    made = {path_of(name): (entry(name, source), name) for name, source in sources.items()}
    made |= {
        path_of(name): (twin(name, row, sources[row["of"]]), row["of"])
        for name, row in twins.items()
    }
    texts = {path: text_of(with_facts(each, of), file_of(of)) for path, (each, of) in made.items()}
    for name, row in rows.items():
        text = text_of(typed(name, row), "")
        texts[path_of(name)] = text.replace(HEAD.format(file=""), TYPED_HEAD)
    return texts


def with_facts(made: dict[str, Any], of: str) -> dict[str, Any]:
    """The same entry with its aliases, and what is looked up about the model."""
    name = made["name"]
    origin = "its config.json" if name == of else f"the config.json of {of}"
    return made | alias_key(name) | looked_up(name, full_config(of), origin)


def alias_key(name: str) -> dict[str, Any]:
    found = aliases(name)
    return {"aliases": found} if found else {}


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
