"""docs/reference/catalog.md: what the shipped catalog holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.base import VersionRange
from wingsctl.catalog.catalog import Catalog, Kind
from wingsctl.catalog.engine import EngineImage, EngineProfile
from wingsctl.catalog.engine_formats import NumberFormat
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.fabric import FabricProfile
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.model_facts import ParserRow
from wingsctl.catalog.trigger import TriggerField, TriggerProfile

LEFT_OUT = Path(__file__).parent / "models" / "left_out.yaml"
MODEL_NOTES = """\
*token*: whether the hub asks for one. *tool calls* and *thoughts*: the parsers of vLLM (v) and
SGLang (s) that read them. `wingsctl profiles show NAME` prints licence and arguments as well, each
with its source. *unknown*: no source was found."""
LEFT_OUT_NOTES = """\
Models that people deploy and that have no entry, as no file, twin or trustworthy figures of them
were found. `model.config` takes a model's own file instead."""
HEAD = """# The catalog

Generated from `profiles/` by `make generate`; do not edit.

`wingsctl profiles list WORD...` searches it, `wingsctl profiles show NAME` prints one entry.
Your own entries go into a directory of the same shape (`--catalog DIR` or `WINGSCTL_CATALOG`) and
win over the shipped ones of the same name.

"""


def catalog_page() -> str:
    """The page as Markdown."""
    catalog = Catalog(CatalogFiles())
    kinds: tuple[Kind, ...] = ("engines", "accelerators", "fabrics", "triggers", "models")
    counts = ", ".join(f"{len(catalog.names(kind))} {kind}" for kind in kinds)
    engines = [_engine(entry.profile) for entry in catalog.entries("engines")]
    tables = {
        "Accelerators": _accelerators([entry.profile for entry in catalog.entries("accelerators")]),
        "Fabrics": _fabrics([entry.profile for entry in catalog.entries("fabrics")]),
        "Triggers": _triggers([entry.profile for entry in catalog.entries("triggers")]),
        "Models": _models([entry.profile for entry in catalog.entries("models")]),
    }
    rest = [f"## {title}\n\n{table}" for title, table in tables.items()]
    return HEAD + "\n\n".join([f"It holds {counts}.", *engines, *rest]) + "\n"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines).replace("|  |", "| |").replace("|  |", "| |")


def _engine(engine: EngineProfile) -> str:
    versions = ", ".join(f"`{version}`" for version in reversed(engine.versions))
    headings = ("vendor", "engine versions", "image", "built for", "driver", "cards")
    images = _table(headings, (_image(row) for row in engine.images))
    text = (
        f"`{engine.name}`, port {engine.port}. Versions whose flags are known, newest first: "
        f"{versions}. Images, in order of preference:"
    )
    page = f"## {engine.title}\n\n{text}\n\n{images}"
    if not engine.formats:
        return page
    headings = ("format", "of", "vendor", "engine versions", "runs", "natively")
    formats = _table(headings, (_format(row) for row in engine.formats))
    return f"{page}\n\nNumber formats; others are not checked:\n\n{formats}"


def _format(row: NumberFormat) -> tuple[str, ...]:
    least, native = row.min_compute_capability, row.native_compute_capability
    runs = (
        f"no: {row.never}" if row.never else f"from compute capability {least}" if least else "yes"
    )
    natively = f"from {native}" if native else ", ".join(row.native_families)
    return (
        ", ".join(f"`{name}`" for name in row.names),
        row.use,
        row.vendor,
        _versions(row),
        runs,
        f"{natively}; else {row.instead}" if natively else "",
    )


def _versions(row: VersionRange) -> str:
    since = f"from {row.since}" if row.since else ""
    before = f"below {row.before}" if row.before else ""
    return " ".join(part for part in (since, before) if part) or "all"


def _image(row: EngineImage) -> tuple[str, ...]:
    return (
        row.vendor,
        _versions(row),
        f"`{row.repository}:{row.tag}`",
        row.runtime,
        row.driver,
        ", ".join(row.accelerators) or _capability(row),
    )


def _capability(row: EngineImage) -> str:
    low, high = row.min_compute_capability, row.max_compute_capability
    if low is None and high is None:
        return "all"
    ends = [f"from {low}" if low else "", f"to {high}" if high else ""]
    return "compute capability " + " ".join(end for end in ends if end)


def _accelerators(cards: Sequence[AcceleratorProfile]) -> str:
    headings = (
        "name", "card", "GiB", "of them usable", "resource", "compute capability", "node label"
    )  # fmt: skip
    return _table(headings, (_card(card) for card in cards))


def _card(card: AcceleratorProfile) -> tuple[str, ...]:
    label = card.node_label
    return (
        f"`{card.name}`",
        card.title,
        f"{card.memory_gib:g}",
        _usable(card),
        f"`{card.resource}`",
        f"{card.compute_capability}" if card.compute_capability else "",
        f"`{label.key}`" if label else "",
    )


def _usable(card: AcceleratorProfile) -> str:
    measured = f"{card.usable_gib:g}" if card.usable_gib else ""
    return f"{measured}, shared with the system" if card.unified_memory else measured


def _fabrics(fabrics: Sequence[FabricProfile]) -> str:
    rows = (
        (
            f"`{fabric.name}`",
            fabric.title,
            f"`{fabric.rdma.resource}`" if fabric.rdma else "",
            ", ".join(f"`{network}`" for network in fabric.networks),
        )
        for fabric in fabrics
    )
    return _table(("name", "fabric", "RDMA resource", "networks"), rows)


def _triggers(triggers: Sequence[TriggerProfile]) -> str:
    """Keys that must be there are bold; those of a Secret stand in a column of their own."""
    rows = (
        (
            f"[`{trigger.name}`]({trigger.source})",
            ", ".join(_key(key, field) for key, field in trigger.metadata.items()),
            ", ".join(f"`{parameter}`" for parameter in trigger.authentication),
            "never" if trigger.never_wakes else ("yes, but see below" if trigger.asleep else "yes"),
            f"i x `{trigger.steps.threshold}`" if trigger.steps else trigger.no_steps,
        )
        for trigger in triggers
    )
    table = _table(("type", "metadata", "from Secrets", "wakes from zero", "groups start by"), rows)
    notes = [
        f"- `{trigger.name}` does not wake with `{row.key}`"
        f" {'missing' if not row.values else ', '.join(f'`{value}`' for value in row.values)}:"
        f" {row.why}."
        for trigger in triggers
        for row in trigger.asleep
    ]
    return table + "\n\n" + "\n".join(notes)


def _key(key: str, field: TriggerField) -> str:
    word = f"{key}FromEnv" if field.secret else key
    name = f"**`{word}`**" if field.required else f"`{word}`"
    told = " or ".join(field.choices) or (field.type if field.type != "text" else "")
    since = f"from KEDA {field.since}" if field.since else ""
    notes = ", ".join(note for note in (told, since) if note)
    return f"{name} ({notes})" if notes else name


def method(model: ModelProfile) -> str | None:
    """What the engine calls the format of the weights, by the entry's own block."""
    formats = entry_formats(model)
    return formats.method if formats else None


def _models(models: Sequence[ModelProfile]) -> str:
    rows = (
        (
            f"`{model.name.rsplit('/', 1)[-1].lower()}`",
            model.name,
            f"{model.parameters / 1e9:.1f}" if model.parameters else "",
            str(entry_model(model).positions or ""),
            model.quantization or method(model) or "16-bit",
            _purpose(model),
            _gate(model),
            _parsers(model.tool_call_parser),
            _parsers(model.reasoning_parser),
        )
        for model in models
    )
    headings = (
        "alias", "repository", "10⁹ parameters", "tokens", "weights", "for", "token",
        "tool calls", "thoughts",
    )  # fmt: skip
    return f"{MODEL_NOTES}\n\n{_table(headings, rows)}\n\n{_left_out()}"


def _purpose(model: ModelProfile) -> str:
    modality = model.modality
    if modality is None:
        return "unknown"
    task = modality.task or "unknown"
    base = model.chat_template is not None and model.chat_template.base_model
    others = [each for each in modality.inputs if each != "text"]
    return ", ".join((f"{task} (base model)" if base else task, *others))


def _gate(model: ModelProfile) -> str:
    return "unknown" if model.gate is None else "yes" if model.gate.needs_token else "no"


def _parsers(rows: Sequence[ParserRow]) -> str:
    """Names by the first letter of their engine."""
    names = (f"{row.engine[0]}: {row.name}" for row in rows)
    return ", ".join(names) or "unknown"


def _left_out() -> str:
    """What people deploy and the catalog does not hold, by reason."""
    rows = YAML(typ="safe").load(LEFT_OUT)
    lines = [f"- {row['reason']}: {', '.join(row['models'])}." for row in rows]
    return "\n".join(("### Left out", "", LEFT_OUT_NOTES, "", *lines))
