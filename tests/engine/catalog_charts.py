"""Charts of the catalog's models with defaults, on cards that hold them by what `fit` says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
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


def offers_of(repository: str, engine: str) -> list[Offer]:
    """The smallest shape of each of the cards that is not refused, cheapest first."""
    found: dict[str, Offer] = {}
    for offer in fit_model(FitRequest(repository, engine=engine, accelerators=CARDS)):
        is_better = offer.accelerator not in found or offer.verdict == "fits"
        if offer.verdict in ("fits", "uncertain") and is_better:
            found.setdefault(offer.accelerator, offer)
    return list(found.values())


def chosen(offers: Sequence[Offer], repository: str, count: int) -> list[Offer]:
    """The cheapest, and others by the model's name."""
    first, rest = (
        offers[:1],
        sorted(offers[1:], key=lambda each: _digest(f"{repository} {each.accelerator}")),
    )
    return [*first, *rest][:count]


def profiles_of(
    repositories: Iterable[str], engine: str, version: str, count: int
) -> Iterator[dict[str, Any]]:
    """For each model as many profiles as there are cards for it, at most `count`."""
    for number, repository in enumerate(repositories):
        for offer in chosen(offers_of(repository, engine), repository, count):
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def names_by_profile(profiles: Iterable[dict[str, Any]]) -> dict[str, str]:
    return {each["name"]: json.dumps(each) for each in profiles}
