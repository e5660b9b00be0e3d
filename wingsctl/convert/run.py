"""Objects -> profile and report: the order in which they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wingsctl.catalog.catalog import Catalog
from wingsctl.convert.conversion import Conversion, Wishes
from wingsctl.convert.fields import Fields, reader
from wingsctl.convert.finish import finish
from wingsctl.convert.kinds import COMMAND, KINDS, Kind, input_kind, kind_of, name_of, objects_of
from wingsctl.convert.report import Row
from wingsctl.convert.secret_texts import SecretTexts
from wingsctl.convert.translations import translated
from wingsctl.documents import Document, KeyPath, Problem, did_you_mean, dotted

NO_KIND = "is no object that wingsctl converts"


@dataclass(frozen=True)
class Converted:
    """The result: the profile as data, the comments by key, the rows, the warnings.

    `missing` names what the input does not give and only an option can: then there is no
    profile.
    """

    data: dict[str, Any] | None
    comments: dict[tuple[str, ...], str]
    rows: list[Row]
    warnings: list[Problem]
    missing: list[Problem]


_PLANNED = ("engine.args.", "engine.env.", "pod.labels.", "pod.annotations.", "labels.",
            "annotations.", "pod.volumeMounts", "pod.volumes", "pod.tolerations")  # fmt: skip
"""Starts of the keys that a profile does without, where its plan refuses them."""
_NEEDED = ("wingsctl", "name", "model", "model.name", "engine", "engine.name", "accelerator",
           "accelerator.name", "")  # fmt: skip


def without_refused(
    converted: Converted, problems: Sequence[Problem], *, is_shape_wrong: bool
) -> Converted:
    """The same without what cannot stand in a profile, its rows with the reason.

    That is each value of a wrong shape, and what the plan refuses of flags, variables and
    labels. It is `converted` itself where there is nothing of that kind.
    """
    refused = {
        each.path.split("[")[0]: each
        for each in problems
        if each.severity == "error"
        and each.path not in _NEEDED
        and (is_shape_wrong or each.path.startswith(_PLANNED))
    }
    if not refused or converted.data is None:
        return converted
    rows = [_refused(row, refused) for row in converted.rows]
    return replace(converted, data=_pruned(converted.data, set(refused)), rows=rows)


def _refused(row: Row, refused: Mapping[str, Problem]) -> Row:
    for key, problem in refused.items():
        is_inside = row.key == key or row.key.startswith((f"{key}.", f"{key}["))
        if row.key and (is_inside or key.startswith(f"{row.key}.")):
            return replace(
                row, outcome="dropped", key="", note=problem.message, remedy=problem.hint
            )
    return row


def _pruned(data: Any, refused: set[str], path: KeyPath = ()) -> Any:
    if not isinstance(data, dict):
        return data
    kept = {
        key: _pruned(value, refused, (*path, key))
        for key, value in data.items()
        if dotted((*path, key)) not in refused
    }
    return {key: value for key, value in kept.items() if value != {} or data[key] == {}}


@dataclass(frozen=True)
class Source:
    """One document of the input, and what it is where its text does not say so."""

    document: Document
    kind: str = ""


def convert(
    sources: Sequence[Source], catalog: Catalog, wishes: Wishes, secrets: SecretTexts
) -> Converted:
    """All documents of all files as one profile; `secrets` gets those that the data holds."""
    roots = [reader(each.document, each.kind or input_kind(each.document.data)) for each in sources]
    conversion = Conversion(catalog, wishes, roots, secrets)
    conversion.objects = [
        shaped
        for root in roots
        for found in objects_of(root)
        for shaped in translated(conversion, found)
    ]
    missing = _read(conversion, conversion.objects)
    if not missing:
        missing = finish(conversion)
    rows = conversion.rows()
    data = None if missing else conversion.draft.data()
    return Converted(data, conversion.draft.comments, rows, conversion.warnings, missing)


def _read(conversion: Conversion, objects: list[Fields]) -> list[Problem]:
    """The workload first, then all others in the order of the table."""
    known = [(kind, each) for each in objects if (kind := kind_of(each)) is not None]
    for each in objects:
        if kind_of(each) is None:
            _report_unknown(conversion, each)
    workloads = [each for each in known if each[0].is_workload]
    chosen, problems = _chosen(conversion, workloads)
    if problems:
        return problems
    for kind, fields in chosen:
        kind.read(conversion, fields)
    for kind, fields in sorted(known, key=lambda each: KINDS.index(each[0])):
        if not kind.is_workload:
            kind.read(conversion, fields)
    return []


def _report_unknown(conversion: Conversion, fields: Fields) -> None:
    kind = fields.text("kind")
    near = did_you_mean(kind, [each.name for each in KINDS]) if kind else ""
    message = f"the kind {kind} {NO_KIND}" if kind else NO_KIND
    conversion.warn(fields, message, near or "keep it as it is, beside the chart")
    fields.dropped(message, "keep it as it is, beside the chart")


def _chosen(
    conversion: Conversion, workloads: list[tuple[Kind, Fields]]
) -> tuple[list[tuple[Kind, Fields]], list[Problem]]:
    """The workloads of one engine; a problem where there are two, or not the one asked for."""
    from wingsctl.convert.engine.presence import runs_engine

    engines = [each for each in workloads if runs_engine(conversion, *each)]
    only = conversion.wishes.only
    if only:
        engines = [each for each in engines if name_of(each[1]) == only]
    names = [name_of(fields) for _, fields in engines]
    for kind, fields in workloads:
        if (kind, fields) not in engines:
            kept = "keep it as it is, beside the chart"
            fields.dropped("is another workload than the one that is converted", kept)
    supplements = [each for each in engines if each[0].name == COMMAND]
    if len(engines) - len(supplements) <= 1 and len(supplements) <= 1:
        return sorted(engines, key=lambda each: each[0].name == COMMAND), []
    hint = f"convert one at a time: --only {' or --only '.join(sorted(set(names)))}"
    return [], [
        fields.ledger.document.problem(
            fields.path, f"{kind.name} {name_of(fields)} runs an engine, and so does another", hint
        )
        for kind, fields in engines
    ]
