"""What speculative decoding adds to each rank: the layers of a draft, and their cache.

Sources: vllm 0.32.0, config/speculative.py and v1/spec_decode/llm_base_proposer.py; sglang 0.5.9,
srt/server_args.py, and 0.5.14, srt/model_executor/pool_configurator.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wingsctl.models.architecture import Layer, Model
from wingsctl.models.named_formats import Chosen
from wingsctl.models.weights import Division, draft_bytes, rank_bytes
from wingsctl.plan.arguments import Arguments

Drafted = tuple[Model, Chosen]
_WITHOUT_MODEL = ("ngram", "suffix", "ngram_gpu", "none", "")
"""Methods that guess from the text."""
_OWN = ("mtp", "nextn")
"""Endings of methods whose layers are in the model's own files."""


@dataclass(frozen=True)
class Speculation:
    """A draft; `is_own` are layers of the model itself."""

    is_own: bool = False
    model: Model | None = None
    formats: Chosen | None = None
    tensor: int | None = None
    """Ranks that share the draft; None is those of the model."""
    unknown: str = ""
    """Why its memory is not known."""

    def layers(self, target: Model) -> tuple[Layer, ...]:
        """Those that have a cache."""
        return target.drafts if self.is_own else self.model.layers if self.model else ()

    def weight_bytes(self, target: Model, formats: Chosen, division: Division) -> float:
        """On one rank; layers of the model itself share its embedding and head."""
        if self.is_own:
            return draft_bytes(target, formats.formats, division)
        if self.model is None or self.formats is None:
            return 0.0
        mine = division
        if self.tensor:
            mine = Division(self.tensor, 1, division.value_bytes, division.padding)
        return rank_bytes(self.model, self.formats.formats, mine, range(len(self.model.layers)))


NONE = Speculation()


def speculation_of(
    arguments: Arguments, target: Model, name: str, drafted: Callable[[str], Drafted | None]
) -> Speculation:
    """What the arguments ask for; `drafted` knows the models of the catalog by name."""
    method = str(arguments.get("draftMethod") or "").lower()
    model = arguments.get("draftModel")
    if not (method or model) or (method in _WITHOUT_MODEL and not model):
        return NONE if method or model or not arguments.has("speculation") else _unread()
    if method in _WITHOUT_MODEL and method:
        return NONE
    if model in (None, name) or method.endswith(_OWN):
        return _own(target, name)
    found = drafted(str(model))
    if found is None:
        return Speculation(unknown=f"the draft model {model} is not in the catalog")
    return Speculation(model=found[0], formats=found[1], tensor=arguments.whole("draftTensor"))


def _own(target: Model, name: str) -> Speculation:
    if target.drafts:
        return Speculation(is_own=True)
    return Speculation(unknown=f"how large the draft layers of {name} are is not known")


def _unread() -> Speculation:
    return Speculation(unknown="the method of speculative decoding is not known")


def doubts_of_draft(speculation: Speculation) -> Iterator[str]:
    """What the estimate leaves out."""
    if speculation.unknown:
        yield f"{speculation.unknown}: it is not part of the estimate"
