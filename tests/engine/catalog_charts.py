"""Charts of the catalog's models with defaults, on cards that hold them by what `fit` says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from tests.support.plans import resolve
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


def offers_of(repository: str, engine: str) -> Iterator[Offer]:
    """The smallest shape that is not refused of each card, in an order of the model's."""
    cards = sorted(CARDS, key=lambda card: hashlib.sha256(f"{repository} {card}".encode()).digest())
    offers = (offer_on(repository, engine, card) for card in cards)
    yield from (offer for offer in offers if offer)


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
        made = (
            profile_of(f"m{number}", repository, {"name": engine, "version": version}, offer)
            for offer in offers_of(repository, engine)
        )
        yield from islice((profile for profile in made if is_planned(profile)), count)


def profile_of(name: str, repository: str, engine: dict[str, str], offer: Offer) -> dict[str, Any]:
    """A model with defaults."""
    nodes = {"nodes": offer.nodes, "fabric": "ethernet"} if offer.nodes > 1 else {}
    return {
        "wingsctl": "v1",
        "name": f"{name}-{offer.accelerator.partition('-')[2]}"[:40],
        "model": repository,
        "engine": engine,
        "accelerator": {"name": offer.accelerator, "count": offer.cards // offer.nodes},
        **nodes,
    }


def is_planned(profile: dict[str, Any]) -> bool:
    """Whether it works out with its own version, too: `fit` takes the newest."""
    lines = [f"{key}: {json.dumps(each)}" for key, each in profile.items()]
    _, problems = resolve("\n".join(lines[2:]))
    return not any(each.severity == "error" for each in problems)


def rendered(folder: Path, profiles: Iterable[dict[str, Any]]) -> list[tuple[DeploymentPlan, Path]]:
    """Plan and chart of each."""
    paths = [str(write_profile(folder / "profiles", each)) for each in profiles]
    charts = render_charts(RenderRequest(ProfileRequest(paths), folder / "charts")).charts
    return [(each.plan, each.directory) for each in charts]
