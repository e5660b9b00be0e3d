"""Charts of all shipped profiles for the version of a judge: examples, recipes, those of the tests.

tests/cluster/profiles are left out: a cluster starts real engines with their command lines.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.profiles import EXAMPLES, GENERATED, GROUPS, write_profile
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts
from wingsctl.errors import WingsError
from wingsctl.plan.deployment import DeploymentPlan

Chart = tuple[DeploymentPlan, Path]


def profiles(*, with_recipes: bool) -> Iterator[dict[str, Any]]:
    """As they are written."""
    yaml = YAML(typ="safe", pure=True)
    folders = [EXAMPLES, *([EXAMPLES / "recipes"] if with_recipes else [])]
    for path in (path for each in folders for path in sorted(each.glob("*.wings.yaml"))):
        yield yaml.load(path.read_text(encoding="utf-8"))
    yield from GENERATED
    yield from GROUPS


def engine_of(profile: dict[str, Any]) -> dict[str, Any]:
    """The section, also where the profile has the name alone."""
    engine = profile["engine"]
    return {"name": engine} if isinstance(engine, str) else dict(engine)


def for_version(
    folder: Path, engine: str, version: str, *, with_recipes: bool = False
) -> tuple[list[Chart], dict[str, str]]:
    """The charts, and why a profile has none for this version.

    Recipes are made for the newest version; an older one lacks what some of them are for. No
    image runs here, so none is looked for that suits the card.
    """
    shutil.copytree(EXAMPLES, folder / "profiles", dirs_exist_ok=True)
    found: list[Chart] = []
    refused: dict[str, str] = {}
    for profile in profiles(with_recipes=with_recipes):
        section = engine_of(profile)
        if section["name"] != engine:
            continue
        section["version"] = version
        section["image"] = {"repository": "not-run", **section.get("image", {})}
        path = write_profile(folder / "profiles", {**profile, "engine": section})
        try:
            request = RenderRequest(ProfileRequest([str(path)]), folder / "charts")
            found += [(each.plan, each.directory) for each in render_charts(request).charts]
        except WingsError as error:
            refused[profile["name"]] = "; ".join([error.message, *map(str, error.problems)])
    return found, refused
