"""Why no layout holds a model."""

from __future__ import annotations

from collections.abc import Sequence

from wingsctl.actions.layout import Search, planned
from wingsctl.errors import PlanError
from wingsctl.plan.cluster_pools import Pool
from wingsctl.plan.layout_shapes import group_shapes, single_shapes
from wingsctl.plan.new_profile import CPU

SMALL_GIB = 8.0
"""Weights that a CPU answers with in bearable time: a model of 4 B parameters in 16 bits."""


def _why(search: Search, pool: Pool) -> list[str]:
    """What is wrong with the largest layout that could be tried."""
    shapes = [*single_shapes(search.answers, pool), *group_shapes(search.answers, pool)]
    problems = planned(search, pool, shapes[-1], search.length)[1] if shapes else []
    return [each.message for each in problems if each.severity == "error"]


def _shown(pool: Pool) -> str:
    each = f" ({pool.devices} on each of {pool.nodes} nodes)" if pool.nodes else ""
    return (pool.resource or pool.accelerator) + each


def no_layout(searches: Sequence[tuple[Search, Pool]]) -> PlanError:
    """The error, with the reasons and what to do."""
    search = searches[0][0]
    cards = ", ".join(dict.fromkeys(_shown(pool) for _, pool in searches))
    model = search.answers.config or search.answers.model
    if cards == CPU:
        size = f"{search.needs.weights_gib:.1f} GiB of weights"
        return PlanError(
            f"{model} is too large for a CPU: {size}, and above {SMALL_GIB:g} GiB it is too slow",
            hint="choose a small model, such as qwen3-0.6b, or a node with an accelerator",
        )
    length = f" --length {search.answers.length}" if search.answers.length else ""
    reasons = [
        f"{pool.accelerator}: {text}" for each, pool in searches for text in _why(each, pool)
    ]
    ways = f"see which cards hold it: wingsctl fit {model}{length}; or lower --length or "
    return PlanError(
        f"no layout of {cards} holds {model} as wished",
        hint="\n".join([*dict.fromkeys(reasons), f"{ways}--requests"]),
    )
