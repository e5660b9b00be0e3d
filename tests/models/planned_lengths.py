"""The lengths that people get: a model alone on enough large cards, and the shipped examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ruamel.yaml import YAML

from tests.models.evidence import repositories_with_config
from tests.support.commands import Outcome
from tests.support.plans import resolve
from tests.support.profiles import EXAMPLES, LEADER_WORKER_EXAMPLES, SIDECAR_EXAMPLES
from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.plan.deployment import Length

CARD = "nvidia-b300"
COUNTS = (1, 2, 4, 8, 32)


def longest_plan(repository: str) -> Length:
    """What vLLM is started with where the cards are as many and large as they get."""
    lengths = []
    for count in COUNTS:
        text = f"model: {repository}\naccelerator: {{name: {CARD}, count: {count}}}"
        plan, problems = resolve(text)
        if plan and not any(problem.severity == "error" for problem in problems):
            lengths.append(plan.model.max_length)
    assert lengths, f"no plan for {repository}"
    return max(lengths, key=lambda length: (length == "auto", length))


def rendered_lengths(
    wingsctl: Callable[..., Outcome], folder: Path
) -> dict[str, tuple[str, Length]]:
    """Model and length in the chart of each example whose model's config.json is known."""
    names = (*SIDECAR_EXAMPLES, *LEADER_WORKER_EXAMPLES)
    files = [str(EXAMPLES / f"{name}.wings.yaml") for name in names]
    rendered = wingsctl("render", *files, "--output-dir", folder)
    assert rendered.code == 0, rendered.stderr
    found = {}
    for plan in plans_of(inspect_profiles(ProfileRequest(files))):
        if plan.model.profile and plan.model.profile.name in repositories_with_config():
            chart = plan.profile.name
            found[chart] = (plan.model.profile.name, _length_of(folder / chart / "values.yaml"))
    return found


def _length_of(values: Path) -> Length:
    length: Length = YAML(typ="safe").load(values.read_text(encoding="utf-8"))["model"]["maxLength"]
    return length
