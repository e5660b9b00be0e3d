"""The share of a card that SGLang takes for weights and cache where none is set.

All but a reserve in MiB, as srt/server_args.py of 0.5.2 ("card") and of 0.5.5.post3 to 0.5.18
("batch") computes it; without disaggregation and, of the "batch" rule, without prefill graphs.
"""

from __future__ import annotations

from wingsctl.catalog.engine_memory import ReserveRule
from wingsctl.plan.speculation import Speculation
from wingsctl.plan.spread import Spread

GIB = 1024
_LARGE, _LEAST = 60 * GIB, 10 * GIB
"""Cards above the first keep at least the second, by the "batch" rule."""
_CARDS = ((35, 2.8, 1 / 10), (90, 9.5, 1 / 2), (160, 12, 1 / 2))
"""Below so many GiB: GiB, and GiB for each rank, by the "card" rule."""
_LARGEST = 32
_MANY_GRAPHS = 300


def automatic_fraction(
    rule: ReserveRule,
    usable_gib: float,
    graphs: int,
    batched: int,
    ranks: int,
    spread: Spread,
    speculation: Speculation,
) -> float:
    """The share; `graphs` is the largest batch of one, `batched` the tokens of a chunk."""
    total = usable_gib * GIB
    data = spread.data if spread.is_inside and spread.data > 1 else 0
    if rule == "card":
        reserve = _by_card(usable_gib, ranks) + 4 * GIB * bool(data)
    else:
        reserve = 512 + 1.5 * max(batched, 2048) + 2 * graphs + GIB * ranks / 8
        reserve += data * graphs * (4.5 if graphs > _MANY_GRAPHS else 3)
        reserve = max(reserve, _LEAST) if total > _LARGE else reserve
    return max(0.0, round(1 - (reserve + _of_draft(speculation)) / total, 3))


def _by_card(usable_gib: float, ranks: int) -> float:
    for below, plain, each in _CARDS:
        if usable_gib < below:
            return (plain + each * ranks) * GIB
    return _LARGEST * GIB


def _of_draft(speculation: Speculation) -> float:
    if speculation.model is not None:
        return 6 * GIB
    return 2 * GIB if speculation.is_own or speculation.unknown else 0
