"""What a plan comes to: the answers that people look for first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wingsctl.plan.cluster_needs import cluster_needs
from wingsctl.plan.command_line import engine_argv
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.scaling_words import minutes


@dataclass(frozen=True)
class Command:
    """The engine's argv in the pods of a role; `role` is empty where all have the same."""

    role: str
    argv: list[str]


@dataclass(frozen=True)
class Summary:
    """The answers in words, and the same as plain numbers for programs."""

    name: str
    verdict: str
    rows: list[tuple[str, str]]
    commands: list[Command]
    needs: list[str]
    figures: dict[str, Any]
    """Sizes in GiB on one accelerator, times in seconds."""


def summarize(plan: DeploymentPlan) -> Summary:
    """The first answers of a plan."""
    verdict = verdict_of(plan)
    return Summary(
        plan.profile.name, verdict, list(_rows(plan)), _commands(plan), cluster_needs(plan),
        {"verdict": verdict, **_figures(plan)},
    )  # fmt: skip


def verdict_of(plan: DeploymentPlan) -> str:
    """Of the memory; what cannot be estimated is uncertain."""
    return plan.fit.verdict if plan.fit else "uncertain"


def _rows(plan: DeploymentPlan) -> Iterator[tuple[str, str]]:
    yield "memory", _memory(plan)
    yield "pods", _pods(plan)
    yield "engine", _engine(plan)
    yield "weights", _weights(plan)
    yield "start", _start(plan)
    yield "address", _address(plan)
    yield "scaling", _scaling(plan)


def _memory(plan: DeploymentPlan) -> str:
    if plan.fit is None:
        return "not estimated: the model or the accelerator is not known"
    ledger = plan.fit.ledger
    budget = _line(plan, "budget")
    tokens = "" if ledger.tokens is None else f", {ledger.tokens:,} tokens"
    return (
        f"{ledger.weights_gib:.1f} GiB of weights and {max(0.0, ledger.kv_gib):.1f} GiB of KV "
        f"cache in {budget:.1f} GiB{tokens}: {ledger.requests:,.1f} requests of "
        f"{plan.model.max_length}"
    )


def _line(plan: DeploymentPlan, label: str) -> float:
    lines = plan.fit.ledger.lines if plan.fit else ()
    return next((each.value or 0.0 for each in lines if each.label == label), 0.0)


def _pods(plan: DeploymentPlan) -> str:
    profile, split = plan.profile, plan.parallel
    title = plan.accelerator.title if plan.accelerator else "no accelerator"
    cards = f"{profile.accelerator.count} x {title}" if plan.accelerator else title
    sizes = {
        "tensor": split.tensor, "pipeline": split.pipeline, "data": split.data,
        "expert": split.expert,
    }  # fmt: skip
    parts = ", ".join(f"{key} {size}" for key, size in sizes.items() if size > 1)
    count = _most_replicas(plan)
    what = f"group{'s' * (count > 1)} of {profile.nodes} pods" if plan.group else "pod"
    what += "s" * (count > 1 and not plan.group)
    number = f"up to {count}" if plan.autoscaling else str(count)
    each = ", each pod" if count > 1 or plan.group else ""
    return f"{number} {what}{each} with {cards}" + (f"; {parts} parallel" if parts else "")


def _most_replicas(plan: DeploymentPlan) -> int:
    scaling = plan.profile.autoscaling
    return scaling.max if scaling else plan.profile.replicas or 1


def _engine(plan: DeploymentPlan) -> str:
    image = plan.engine.image
    reference = f"{image['repository']}:{image['tag']}"
    if image["digest"]:
        reference = f"{image['repository']}@{image['digest']}"
    source = _source_of(plan, "engine.image.tag")
    build = f" ({source.split('(', 1)[1]}" if "(" in source else ""
    return f"{plan.engine.profile.title} {plan.engine.version}, {reference}{build}"


def _source_of(plan: DeploymentPlan, key: str) -> str:
    return next((each.source for each in plan.decisions if each.key == key), "")


def _weights(plan: DeploymentPlan) -> str:
    model, source = plan.model, plan.model.source
    size = f"{'an assumed ' if model.is_assumed else ''}{model.weights_gib:.1f} GiB"
    if model.kind == "hub":
        kept = "a claim" if "pvc" in source.get("cache", {}) else "the pod, at each start"
        return f"{size} from {source['hub']}, {model.path}; kept in {kept}"
    places = {"hostPath": "path", "pvc": "claimName", "image": "reference"}
    place = source.get(places[model.kind]) or "a new claim"
    return f"{size} from {model.kind} {place}, loaded as {model.path}"


def _start(plan: DeploymentPlan) -> str:
    time = plan.time
    steps = {"pull": time.pull, "download": time.download, "load": time.load, "start": time.start}
    parts = ", ".join(f"{name} {minutes(each)}" for name, each in steps.items() if each)
    most = time.pull + time.load_deadline
    return f"first token after about {minutes(time.cold_start)} ({parts}), at most {minutes(most)}"


def _address(plan: DeploymentPlan) -> str:
    profile = plan.profile
    scheme = "https" if profile.gateway.tls else "http"
    name = profile.service.name or "<release>"
    inside = f"{scheme}://{name}:{profile.service.port}/v1 ({profile.service.type})"
    outside = f", and {profile.ingress.host}" if profile.ingress else ""
    key = "" if profile.gateway.auth else "; no API key"
    return f"{inside}{outside}{key}; model {plan.model.served_names[0]}"


def _scaling(plan: DeploymentPlan) -> str:
    if plan.autoscaling is None:
        return f"none: {_most_replicas(plan)} always"
    keys = ("autoscaling.idle", "autoscaling.groups", "autoscaling.pods", "autoscaling.devices")
    found = {each.key: each.value for each in plan.decisions if each.key in keys}
    devices = found.pop("autoscaling.devices", None)
    words = [str(value) for value in found.values()]
    return "; ".join([*words, *([f"{devices} accelerators"] if devices else [])])


def _commands(plan: DeploymentPlan) -> list[Command]:
    if plan.group is None:
        return [Command("", engine_argv(plan))]
    leader, worker = (engine_argv(plan, each) for each in (plan.group.leader, plan.group.worker))
    both = [Command("leader", leader), Command("worker", worker)]
    return [Command("", leader)] if leader == worker else both


def _figures(plan: DeploymentPlan) -> dict[str, Any]:
    ledger, time = plan.fit.ledger if plan.fit else None, plan.time
    return {
        "ledger": {each.label: each.value for each in ledger.lines} if ledger else None,
        "tokens": ledger.tokens if ledger else None,
        "requests": round(ledger.requests, 2) if ledger else None,
        "replicas": _most_replicas(plan),
        "podsPerReplica": plan.profile.nodes,
        "acceleratorsPerPod": plan.profile.accelerator.count if plan.accelerator else 0,
        "weightsGib": plan.model.weights_gib,
        "pullSeconds": time.pull,
        "downloadSeconds": time.download,
        "loadSeconds": time.load,
        "startSeconds": time.start,
        "firstTokenSeconds": time.cold_start,
        "mostSeconds": time.pull + time.load_deadline,
    }
