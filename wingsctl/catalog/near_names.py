"""Names that are not in the catalog but belong to one of its models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Relation = Literal["alias", "upload", "format"]
UPLOADERS = frozenset(
    ("ai-modelscope", "llm-research", "neuralmagic", "nousresearch", "nvidia", "redhatai", "thudm",
     "unsloth", "zhipuai")
)  # fmt: skip
"""Owners, in lower case, that upload others' models under the same name or in other formats."""
_FORMATS: tuple[tuple[str, str | None], ...] = (
    (r"-fp8(-dynamic|-block)?|-w8a8-fp8", "fp8"),
    (r"-awq|-awq-int4", "awq"),
    (r"-gptq|-gptq-int4", "gptq"),
    (r"-gptq-int8|[-.]quantized\.w8a8|-w8a8|-int8", "int8"),
    (r"[-.]quantized\.w4a16|-w4a16|-int4", "w4a16"),
    (r"-nvfp4|-fp4", "nvfp4"),
    (r"(-unsloth)?-bnb-4bit", "bitsandbytes"),
    (r"-bf16", None),
)
"""Endings of names, and the format they stand for; None where it is 16 bits."""


@dataclass(frozen=True)
class NearName:
    """Where to look for a name: the last part of a catalog name, and how the two are related."""

    stem: str
    relation: Relation
    quantization: str | None = None


def near_names(name: str) -> Iterator[NearName]:
    """Entries that a name may belong to, the nearest first."""
    last = name.rsplit("/", 1)[-1].lower()
    yield NearName(last, "upload")
    for stem in _renamed(last):
        yield NearName(stem, "alias")
    for ending, quantization in _FORMATS:
        if found := re.fullmatch(rf"(.+?)(?:{ending})", last):
            for stem in (found[1], *_renamed(found[1])):
                yield NearName(stem, "format", quantization)


def is_related(name: str, of: str, aliases: list[str], relation: Relation) -> bool:
    """Whether a written name stands for the model `of`: only its own owner and uploaders count."""
    written = name.lower()
    if relation == "alias":
        known = [each.lower() for each in aliases]
        return written in known or written in [each.rsplit("/", 1)[-1] for each in known]
    owner, slash, _ = written.partition("/")
    if not slash:
        return False  # the engine needs a repository, and its owner is open
    return owner in UPLOADERS or (relation == "format" and owner == of.lower().split("/", 1)[0])


def _renamed(stem: str) -> Iterator[str]:
    """Llama 3.1 has been published with and without the publisher's name."""
    if stem.startswith("meta-"):
        yield stem.removeprefix("meta-")
    elif stem.startswith("llama-"):
        yield f"meta-{stem}"
