"""Plans of profiles written in a test, against the shipped catalog."""

from __future__ import annotations

from functools import cache

from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Place, Problem
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.draft import Draft
from wingsctl.plan.memory import MemoryLedger
from wingsctl.plan.model import ProfileFiles
from wingsctl.plan.resolve import resolve_plan

HEAD = "wingsctl: v1\nname: chat\n"
DEFAULTS = {
    "model": "model: qwen2.5-7b-instruct",
    "engine": "engine: vllm",
    "accelerator": "accelerator: nvidia-l4",
}


@cache
def shipped() -> Catalog:
    """The shipped catalog; each of its files is read once for all tests."""
    return Catalog(CatalogFiles([]))


def shipped_engine(name: str) -> EngineProfile:
    """An engine of the shipped catalog."""
    entry = shipped().engine(name)
    assert entry is not None
    return entry.profile


def empty_draft() -> Draft:
    """A draft of a profile that says nothing."""
    draft = Draft(Document("a.wings.yaml", {}, lambda path: Place(1, 1)), shipped())
    draft.sources["engine"] = "engine.yaml"
    return draft


def resolve(
    text: str, files: ProfileFiles | None = None
) -> tuple[DeploymentPlan | None, list[Problem]]:
    """Plan and problems of a profile; what the text lacks is taken from DEFAULTS."""
    written = {line.split(":", 1)[0] for line in text.splitlines()}
    rest = [line for key, line in DEFAULTS.items() if key not in written]
    document = parse_yaml(HEAD + "\n".join([*rest, text]) + "\n", "a.wings.yaml")
    return resolve_plan(
        parse_document(document, Profile), document, shipped(), files or ProfileFiles()
    )


def plan_of(text: str, files: ProfileFiles | None = None) -> DeploymentPlan:
    """The plan of a profile that has no errors."""
    plan, problems = resolve(text, files)
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    assert plan is not None
    assert not errors, errors
    return plan


def ledger_of(text: str) -> MemoryLedger:
    """The memory of a profile that has no errors."""
    fit = plan_of(text).fit
    assert fit is not None
    return fit.ledger


def messages(text: str, severity: str = "error") -> list[str]:
    """`path: message` of the problems of a profile."""
    _, problems = resolve(text)
    return [f"{each.path}: {each.message}" for each in problems if each.severity == severity]
