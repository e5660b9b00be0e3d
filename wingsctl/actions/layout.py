"""One layout: so many devices of so many nodes, planned as the profile of it would be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wingsctl.actions.referenced_files import load_referenced
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Place, Problem
from wingsctl.errors import ProfileError
from wingsctl.plan.cluster_pools import Pool
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.layout_order import Measure
from wingsctl.plan.new_profile import Answers, ModelNeeds, build_profile
from wingsctl.plan.resolve import resolve_plan
from wingsctl.plan.slices import slice_of


@dataclass(frozen=True)
class Layout:
    """One way to serve the model; sizes are GiB on each card."""

    pool: Pool
    count: int
    nodes: int
    verdict: str
    length: int | str
    tokens: int | None
    requests: float
    weights_gib: float
    kv_gib: float
    budget_gib: float
    price: float | None
    data: Mapping[str, Any] = field(repr=False)
    plan: DeploymentPlan = field(repr=False)
    needs: ModelNeeds = field(repr=False)

    @property
    def cards(self) -> int:
        """Of one replica."""
        return self.count * self.nodes if self.plan.accelerator else 0

    @property
    def measure(self) -> Measure:
        """What layouts are ordered by."""
        card = self.plan.accelerator
        memory = self.cards * (slice_of(self.plan.profile, card).memory_gib if card else 0)
        length = self.length if isinstance(self.length, int) else 0
        return Measure(
            self.cards, self.nodes, memory, self.price, length, self.requests, self.weights_gib
        )


@dataclass(frozen=True)
class Search:
    """What stays the same for all layouts; `requests` at once are wished for."""

    answers: Answers
    catalog: Catalog
    base: Path
    prices: Mapping[str, float]
    needs: ModelNeeds = field(default_factory=ModelNeeds)
    length: int | None = None
    """The wished one; None is the model's own."""
    requests: int = 1


def plan_layout(
    search: Search, pool: Pool, shape: tuple[int, int], length: int | None
) -> Layout | None:
    """None where the plan refuses it, or where fewer requests fit than are wished for."""
    plan, problems = planned(search, pool, shape, length)
    if plan is None or any(each.severity == "error" for each in problems):
        return None
    ledger = plan.fit.ledger if plan.fit else None
    requests = ledger.requests if ledger else 0.0
    if ledger and search.requests > 1 and requests < search.requests and length:
        return None
    count, nodes = shape
    price = _price(search.prices, pool, count * nodes)
    budget = _line(plan, "budget")
    final = plan.model.max_length
    needs = search.needs
    data = build_profile(
        search.answers, pool, shape, final if isinstance(final, int) else None, needs
    )
    return Layout(
        pool, count, nodes, plan.fit.verdict if plan.fit else "uncertain", final,
        ledger.tokens if ledger else None, requests, ledger.weights_gib if ledger else 0.0,
        ledger.kv_gib if ledger else 0.0, budget, price, data, plan, needs,
    )  # fmt: skip


def _price(prices: Mapping[str, float], pool: Pool, cards: int) -> float | None:
    """An hour of so many; None for a card without a price, and for a part of one."""
    each = None if pool.resource else prices.get(pool.accelerator)
    return round(each * cards, 2) if each is not None else None


def _line(plan: DeploymentPlan, label: str) -> float:
    lines = plan.fit.ledger.lines if plan.fit else ()
    return next((each.value or 0.0 for each in lines if each.label == label), 0.0)


def planned(
    search: Search, pool: Pool, shape: tuple[int, int], length: int | None
) -> tuple[DeploymentPlan | None, list[Problem]]:
    """The plan of one profile, and its problems; raises ProfileError for a config of no use."""
    data = build_profile(search.answers, pool, shape, length, search.needs)
    document = Document(search.answers.model, data, lambda _: Place(1, 1))
    profile = parse_document(document, Profile)
    files, unusable = load_referenced(profile, document, search.base)
    if unusable:
        raise ProfileError(f"{search.answers.model} is not usable", problems=unusable)
    return resolve_plan(profile, document, search.catalog, files, with_remedies=False)


def unplannable(model: str, problems: list[Problem]) -> ProfileError:
    """Why nothing is known of a model: the plan's errors, or it is not in the catalog."""
    errors = [each for each in problems if each.severity == "error"]
    if errors:
        return ProfileError(f"{model} cannot be planned", problems=errors)
    return ProfileError(
        f"{model} is not in the catalog: nothing can be estimated",
        hint=f"run wingsctl models add {model}, or give its config.json, or its directory, "
        "instead of the name",
    )
