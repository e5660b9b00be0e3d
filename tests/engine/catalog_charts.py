"""Charts of the catalog's models with defaults, on cards that hold them by what `fit` says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.support.profiles import write_profile
from wingsctl.actions.fit_model import FitRequest, Offer, fit_model
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts
from wingsctl.plan.deployment import DeploymentPlan

CARDS = (
    "nvidia-t4", "nvidia-l4", "nvidia-a100-80gb", "nvidia-h100", "nvidia-h200", "nvidia-b200",
    "nvidia-rtx-5090",
)  # fmt: skip
"""One of each compute capability that the catalog has cards of, and the usual sizes."""


def offers_of(repository: str, engine: str, count: int) -> Iterator[Offer]:
    """The smallest shape that is not refused of up to so many cards, in an order of the model's."""
    cards = sorted(CARDS, key=lambda card: hashlib.sha256(f"{repository} {card}".encode()).digest())
    offers = (offer_on(repository, engine, card) for card in cards)
    yield from islice((offer for offer in offers if offer), count)


def offer_on(repository: str, engine: str, card: str) -> Offer | None:
    """The one that fits, else the smallest that may."""
    found = fit_model(FitRequest(repository, engine=engine, accelerators=[card]))
    by_verdict = {each.verdict: each for each in reversed(found)}
    return by_verdict.get("fits") or by_verdict.get("uncertain")


def profiles_of(
    repositories: Iterable[str], engine: str, version: str, count: int
) -> Iterator[dict[str, Any]]:
    """For each model as many profiles as there are cards for it, at most `count`."""
    for number, repository in enumerate(repositories):
        for offer in offers_of(repository, engine, count):
            nodes = {"nodes": offer.nodes, "fabric": "ethernet"} if offer.nodes > 1 else {}
            yield {
                "wingsctl": "v1",
                "name": f"m{number}-{offer.accelerator.partition('-')[2]}"[:40],
                "model": repository,
                "engine": {"name": engine, "version": version},
                "accelerator": {"name": offer.accelerator, "count": offer.cards // offer.nodes},
                **nodes,
            }


def rendered(folder: Path, profiles: Iterable[dict[str, Any]]) -> list[tuple[DeploymentPlan, Path]]:
    """Plan and chart of each."""
    paths = [str(write_profile(folder / "profiles", each)) for each in profiles]
    charts = render_charts(RenderRequest(ProfileRequest(paths), folder / "charts")).charts
    return [(each.plan, each.directory) for each in charts]
