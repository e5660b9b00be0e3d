"""Which layouts of a model are asked: how it is spread over ranks, and with which cache."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

LARGE_BYTES = 200 << 30
"""From these weights on, sixteen ranks of one tensor parallel group are asked, too."""


@dataclass(frozen=True)
class Layout:
    """One way to spread a model; the defaults are one rank that holds all of it."""

    tensor: int = 1
    """Ranks that share each layer."""
    data: int = 1
    """Copies of the attention; with expert parallelism their experts are spread."""
    pipeline: int = 1
    """Stages that hold consecutive layers."""
    stage: int = 0
    """The stage that is asked, from 0."""
    expert_parallel: bool = False
    """Whole experts on each rank, instead of a slice of every expert."""
    cache_dtype: str = "auto"

    @property
    def size(self) -> int:
        """Ranks in all."""
        return self.tensor * self.data * self.pipeline

    @property
    def rank(self) -> int:
        """The first rank of the stage: where ranks differ, it holds the most."""
        return self.stage * self.tensor

    def stated(self) -> dict[str, Any]:
        """The tensor parallel size, and of the rest what is not the default."""
        defaults = {field.name: field.default for field in fields(self)}
        given = {key: value for key, value in asdict(self).items() if value != defaults[key]}
        if self.pipeline > 1:
            given["stage"] = self.stage
        return {"tensor": self.tensor, **given}


PLAIN = Layout()


def further_layouts(weight_bytes: int, *, has_experts: bool) -> list[Layout]:
    """What to ask after the plain layout, which gave these weights."""
    sizes = (2, 4, 8, 16) if weight_bytes > LARGE_BYTES else (2, 4, 8)
    layouts = [Layout(tensor=size) for size in sizes]
    if has_experts:
        layouts.append(Layout(tensor=8, expert_parallel=True))
        layouts.append(Layout(data=8, expert_parallel=True))
    layouts += [Layout(pipeline=2, stage=stage) for stage in (0, 1)]
    return [*layouts, Layout(cache_dtype="fp8")]
