"""What an engine is asked: the command lines of rendered manifests, as its process has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.engine.model_folders import folder_of
from tests.support.helm import HelmBinary, containers, expand, role_argv, workloads
from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.plan.deployment import DeploymentPlan

NODE_RANK = {"leader": "0", "worker": "1"}
TEMPLATE_FLAG = "--chat-template"


@dataclass(frozen=True)
class Question:
    """One process of an engine: its words, its variables, its model and its cards."""

    name: str
    engine: str
    version: str
    model: str
    argv: list[str]
    env: dict[str, str] = field(repr=False)
    card: dict[str, Any]
    """Empty without an accelerator."""
    folder: Path | None
    """With the model's config.json; None where there is none."""

    def asked(self) -> dict[str, Any]:
        """As the judges inside of the engines read it."""
        return {"argv": self.argv, "model": str(self.folder), "env": self.env, "card": self.card}


def questions_of(
    helm: HelmBinary, plan: DeploymentPlan, chart: Path, place: Path
) -> Iterator[Question]:
    """One for each role of a chart; replicas have the same command line."""
    objects = helm.template(chart)
    workload = workloads(objects)[0]["metadata"]["name"]
    template = _chat_template(objects, place / f"{chart.name}.jinja")
    roles = role_argv(objects, workload)
    for role in roles if plan.group else ("leader",):
        pod = {"LWS_WORKER_INDEX": NODE_RANK[role], "LWS_LEADER_ADDRESS": "leader"}
        words = [expand(token, {**pod, "POD_IP": "10.0.0.1"}) for token in roles[role]]
        words, own = without_assignments(words)
        yield Question(
            name=f"{chart.name} {role}",
            engine=plan.engine.profile.name,
            version=plan.engine.version,
            model=_model_name(plan),
            argv=_with_template(words, template),
            env=_variables(objects, workload, plan.engine.profile.name) | own,
            card=card_of(plan.accelerator, plan.profile.accelerator.count),
            folder=_folder(place, plan),
        )


def without_assignments(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """The engine's own words, and the variables that `env` in front of them sets."""
    if words[:1] != ["env"]:
        return words, {}
    count = next(at for at, word in enumerate(words[1:]) if "=" not in word)
    return words[count + 1 :], dict(word.split("=", 1) for word in words[1 : count + 1])


def card_of(card: AcceleratorProfile | None, count: int) -> dict[str, Any]:
    """What a driver says of the cards of a pod."""
    if card is None:
        return {}
    return {
        "name": card.name,
        "title": card.title, "vendor": card.vendor, "memoryGib": card.usable_gib or card.memory_gib,
        "capability": str(card.compute_capability or ""), "count": count,
    }  # fmt: skip


def _model_name(plan: DeploymentPlan) -> str:
    return plan.model.profile.name if plan.model.profile else plan.profile.model.name


def _folder(place: Path, plan: DeploymentPlan) -> Path | None:
    if plan.model.profile is None:
        return None
    return folder_of(place / "models", plan.model.profile.name, plan.profile.model.quantization)


def _variables(objects: list[dict[str, Any]], workload: str, engine: str) -> dict[str, str]:
    """The engine's own variables; folders and keys are of the pod alone."""
    own = containers(objects, workload)[f"{engine}-engine"].get("env", [])
    prefix = f"{engine.upper()}_"
    return {
        each["name"]: each["value"]
        for each in own
        if each["name"].startswith(prefix) and "value" in each and "$(" not in each["value"]
        and not each["value"].startswith("/")
    }  # fmt: skip


def _chat_template(objects: list[dict[str, Any]], place: Path) -> Path | None:
    """The file that pods mount, from its ConfigMap."""
    for each in objects:
        text = (
            each.get("data", {}).get("chat-template.jinja") if each["kind"] == "ConfigMap" else None
        )
        if text is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="")
            return place
    return None


def _with_template(words: list[str], template: Path | None) -> list[str]:
    """The path of the pod is none of this machine."""
    if template is None:
        return words
    at = words.index(TEMPLATE_FLAG)
    return [*words[: at + 1], str(template), *words[at + 2 :]]
