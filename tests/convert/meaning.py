"""What a deployment means, wherever it is written: the terms in which two of them are compared."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.convert.places import Place

SAME_FLAGS = {
    "model-path": "model", "context-length": "max-model-len", "tokenizer-path": "tokenizer",
    "tp": "tensor-parallel-size", "tp-size": "tensor-parallel-size",
    "tensor-parallel": "tensor-parallel-size", "pp": "pipeline-parallel-size",
    "pp-size": "pipeline-parallel-size", "dp": "data-parallel-size",
    "dp-size": "data-parallel-size", "attn-dp-size": "data-parallel-size",
    "ep": "expert-parallel-size", "ep-size": "expert-parallel-size",
    "q": "quantization", "quant": "quantization",
}  # fmt: skip
SIZES = ("pipeline-parallel-size", "data-parallel-size")
"""Of which 1 is the same as nothing."""
SWITCHES_WITH_VALUES = {"true": True, "false": False}


@dataclass(frozen=True)
class Fact:
    """One statement, and the places of the input that make it."""

    value: Any
    places: tuple[Place, ...] = ()


@dataclass
class Meaning:
    """Facts by what they are about, such as ("flag", "max-model-len")."""

    facts: dict[tuple[str, str], Fact] = field(default_factory=dict)

    def add(self, kind: str, name: str, value: Any, *places: Place) -> None:
        """The first statement about a thing counts."""
        self.facts.setdefault((kind, name), Fact(value, places))


Words = list[tuple[str, Place]]


def add_flags(meaning: Meaning, words: Words) -> None:
    """The engine's flags with their values; the model without one, as `vllm serve` has it."""
    rest = list(words)
    while rest:
        text, place = rest.pop(0)
        if not text.startswith("-"):
            meaning.add("flag", "model", text, place)
            continue
        written, equals, value = text.partition("=")
        places, values = [place], [value] if equals else []
        while rest and not equals and not _is_flag(rest[0][0]):
            following, other = rest.pop(0)
            values.append(following)
            places.append(other)
        if flag_name(written) in SIZES and values == ["1"]:
            continue
        named = tuple(each.as_part(written) if each.part == "?" else each for each in places)
        meaning.add("flag", flag_name(written), _value(values), *named)


def flag_name(written: str) -> str:
    """One name for a flag in all its spellings."""
    name = written.lstrip("-").replace("_", "-")
    return SAME_FLAGS.get(name, name)


def _is_flag(text: str) -> bool:
    return text.startswith("-") and len(text) > 1 and not text[1].isdigit()


def _value(values: list[str]) -> Any:
    if not values:
        return True
    return [normal(each) for each in values] if len(values) > 1 else normal(values[0])


def normal(text: Any) -> Any:
    """Numbers are equal however they are written."""
    if isinstance(text, str) and text.startswith("{"):
        return json.dumps(json.loads(text))
    if isinstance(text, str) and text.lower() in SWITCHES_WITH_VALUES:
        return SWITCHES_WITH_VALUES[text.lower()]
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def gibibytes(quantity: Any) -> Any:
    """A quantity as a number, so that 1Gi and 1024Mi are equal."""
    units = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 1e3, "M": 1e6, "G": 1e9,
             "T": 1e12, "m": 1e-3}  # fmt: skip
    text = str(quantity)
    unit = next((each for each in units if text.endswith(each)), "")
    try:
        return float(text.removesuffix(unit)) * units.get(unit, 1)
    except ValueError:
        return text
