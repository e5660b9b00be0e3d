"""Which of several layouts is the best one, by what matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from wingsctl.plan.new_profile import Goal

T = TypeVar("T")
LEAST_SHARE_GIB = 2.0
"""Of weights on a card: reading less takes no longer than the cards take to agree (an estimate)."""


@dataclass(frozen=True)
class Measure:
    """Of one replica: cards, pods, GiB of all cards, an hour's price, tokens, requests."""

    cards: int
    nodes: int
    memory_gib: float
    price: float | None
    length: int
    requests: float
    weights_gib: float
    """On each card."""

    @property
    def cost(self) -> tuple[bool, float, float]:
        """What has no price comes last, by its memory."""
        return self.price is None, self.price or 0.0, self.memory_gib


def best_first(goal: Goal, found: Iterable[T], measure: Callable[[T], Measure]) -> list[T]:
    """Ordered by `goal`; what is equal, by its cost.

    latency: a token waits for every weight to be read once, so that more cards of one node
    answer faster while each has enough to read; another node adds its network.
    throughput: the most requests at once for each card. context: the longest request.
    cost: the cheapest.
    """
    return sorted(found, key=lambda each: (_rank(goal, measure(each)), measure(each).cost))


def _rank(goal: Goal, measure: Measure) -> tuple[float, ...]:
    if goal == "latency":
        is_small = measure.weights_gib < LEAST_SHARE_GIB
        return measure.nodes, is_small, measure.cards if is_small else -measure.cards
    if goal == "throughput":
        return (-measure.requests * measure.length / measure.cards,)
    if goal == "context":
        return (-measure.length,)
    return ()
