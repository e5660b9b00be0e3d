"""Whether the engine computes with the type that is asked for, or that the model has."""

from __future__ import annotations

from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies
from wingsctl.documents import KeyPath
from wingsctl.plan.draft import Draft
from wingsctl.plan.formats import Place, weight_formats, written_values
from wingsctl.plan.model import ModelFacts

_HALF = "float16"
_SAME = {"half": _HALF, "fp16": _HALF, "bf16": "bfloat16", "float": "float32", "fp32": "float32"}


def check_value_type(draft: Draft, profile: Profile, facts: ModelFacts, place: Place) -> None:
    """Refuse a type that the weights or the model's family exclude; warn where float32 is left."""
    written = written_values(profile, place.engine)
    if written is None or written[0] == "auto":
        _check_default(draft, facts, place)
        return
    name, path = _SAME.get(written[0], written[0]), written[1]
    _check_weights(draft, facts, place, name, path)
    if name == _HALF and _has_no_half(facts, place):
        draft.refuse(
            path,
            f"{place.engine.title} {place.version} refuses float16 for {_family(facts)} models: "
            "it is too narrow for their values",
            "write bfloat16, or float32 on cards below compute capability 8.0",
        )


def _check_weights(draft: Draft, facts: ModelFacts, place: Place, name: str, path: KeyPath) -> None:
    for weights in weight_formats(facts):
        row = place.row("weights", weights)
        if row and row.values and name not in row.values:
            draft.refuse(
                path,
                f"{place.engine.title} {place.version} computes with {weights} weights in "
                f"{' or '.join(row.values)} alone, not in {name}",
                f"write {row.values[0]}, or leave it out",
            )


def _check_default(draft: Draft, facts: ModelFacts, place: Place) -> None:
    """On cards without bfloat16, which most models have."""
    row = place.row("values", "bfloat16")
    if row is None or place.runs(row) != "none":
        return
    versions, where = place.engine.half_instead, f"{place.engine.title} {place.version}"
    flag = place.engine.values_flag
    if versions is None or not applies(versions, place.version):
        draft.warn(
            ("engine",),
            f"{where} stops on this card where the model's own type is bfloat16",
            f"write engine.args: {{{flag}: half}}",
        )
    elif _has_no_half(facts, place):
        draft.warn(
            ("model",),
            f"{where} computes {_family(facts)} models in float32 on this card, which has no "
            "bfloat16: they take twice the memory",
            f"write engine.args: {{{flag}: float32}}, so that it is counted",
        )


def _has_no_half(facts: ModelFacts, place: Place) -> bool:
    rows = (row for row in place.engine.no_half if applies(row, place.version))
    return any(_family(facts) in row.model_types for row in rows)


def _family(facts: ModelFacts) -> str:
    return facts.model.model_type if facts.model else ""
