"""Read profiles, check their shape, and plan each: what every command starts with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wingsctl.actions.profile_request import STDIN, ProfileRequest
from wingsctl.actions.referenced_files import load_referenced
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.text_files import read_stdin, read_text
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.parse import mended, parse_document, refuse_manifest
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.secrets import check_secrets, mask_secrets
from wingsctl.documents import Problem
from wingsctl.errors import PlanError, ProfileError, WingsError
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.resolve import resolve_plan
from wingsctl.plan.summary import verdict_of


@dataclass(frozen=True)
class Inspection:
    """One profile: its plan where one could be made, and every problem found."""

    file: str
    plan: DeploymentPlan | None
    problems: list[Problem]
    is_shape_wrong: bool
    name_place: tuple[int, int] = (1, 1)
    is_read: bool = True
    """False where the file is not there, or is no text."""

    @property
    def errors(self) -> list[Problem]:
        """The problems that stop a command."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def verdict(self) -> str:
        """Whether the model fits its accelerators; empty without a plan."""
        return verdict_of(self.plan) if self.plan else ""

    @property
    def warnings(self) -> list[Problem]:
        """The problems that are only shown."""
        return [problem for problem in self.problems if problem.severity == "warning"]


def inspect_profiles(request: ProfileRequest) -> list[Inspection]:
    """Every profile inspected; raises ProfileError where a catalog itself is wrong."""
    catalog = Catalog(CatalogFiles(request.catalog_dirs))
    found = []
    for number, path in enumerate(request.paths, 1):
        request.progress(number, len(request.paths), path)
        found.append(_without_secrets(_inspect(path, catalog, request.gateway_image)))
    return found


def plans_of(inspections: Sequence[Inspection]) -> list[DeploymentPlan]:
    """The plans of all profiles.

    Raises ProfileError or PlanError with the problems of every profile.
    """
    problems = [problem for each in inspections for problem in each.problems]
    broken = [each for each in inspections if each.errors]
    if broken:
        files = ", ".join(sorted({each.file for each in broken}))
        is_shape = any(each.is_shape_wrong for each in broken)
        kind: type[WingsError] = ProfileError if is_shape else PlanError
        one = len({each.file for each in broken}) == 1
        reason = (
            f"{'is' if one else 'are'} not valid"
            if is_shape
            else f"{'does' if one else 'do'} not work out"
        )
        count = f"{len(inspections) - len(broken)} ok, {len(broken)} wrong"
        hint = count if len(inspections) > 1 else ""
        is_read = any(each.is_read for each in broken)
        message = f"{files} {reason}" if is_read else f"cannot read {files}"
        raise kind(message, hint=hint, problems=problems)
    return [each.plan for each in inspections if each.plan is not None]


def _inspect(path: str, catalog: Catalog, gateway_image: str) -> Inspection:
    file = "<stdin>" if path == STDIN else path
    try:
        text = read_stdin() if path == STDIN else read_text(Path(path), file)
    except ProfileError as error:
        return Inspection(file, None, list(error.problems), True, is_read=False)
    try:
        document = parse_yaml(text, file)
        refuse_manifest(document)
    except ProfileError as error:
        return Inspection(file, None, list(error.problems), True)
    problems = check_secrets(document)
    try:
        profile: Profile | None = parse_document(document, Profile)
    except ProfileError as error:
        problems += error.problems
        profile = mended(document, Profile)
    is_shape_wrong = bool(problems)
    if profile is None:
        return Inspection(file, None, problems, True)
    base = Path.cwd() if path == STDIN else Path(path).parent
    files, unusable = load_referenced(profile, document, base)
    plan, found = (
        (None, unusable)
        if unusable
        else resolve_plan(profile, document, catalog, files, gateway_image)
    )
    is_shape_wrong = is_shape_wrong or plan is None
    return Inspection(file, plan, [*problems, *found], is_shape_wrong, document.locate(("name",)))


def _without_secrets(inspection: Inspection) -> Inspection:
    """Whatever a message repeats, a secret that was typed into the profile is not in it."""
    problems = [
        replace(each, path=mask_secrets(each.path), message=mask_secrets(each.message))
        for each in inspection.problems
    ]
    return replace(inspection, problems=problems)


def with_duplicates(inspections: Sequence[Inspection]) -> list[Inspection]:
    """As they are, but two profiles of one name would write one chart: the second is wrong."""
    seen: dict[str, str] = {}
    checked = []
    for each in inspections:
        name = each.plan.profile.name if each.plan and not each.is_shape_wrong else ""
        checked.append(_duplicate(each, name, seen[name]) if name and name in seen else each)
        seen.setdefault(name, each.file)
    return checked


def _duplicate(each: Inspection, name: str, other: str) -> Inspection:
    problem = Problem(
        each.file,
        *each.name_place,
        "name",
        f"{name} is also the name in {other}",
        "give each profile its own: the chart is written to DIR/<name>",
    )
    return replace(each, problems=[*each.problems, problem])
