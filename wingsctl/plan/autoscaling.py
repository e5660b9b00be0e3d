"""Autoscaling: what KEDA is told, and what it must not be told."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.operations import Autoscaling, Trigger
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft, plain

_DEFAULT_COOLDOWN_SECONDS = 300
_NEVER_ACTIVATES = ("cpu", "memory")


def check_replicas(draft: Draft, profile: Profile) -> None:
    """`replicas` and `autoscaling` exclude each other; min <= max."""
    scaling = profile.autoscaling
    if scaling is None:
        return
    if profile.replicas is not None:
        draft.refuse(
            ("replicas",),
            "cannot stand beside autoscaling: every upgrade would reset what KEDA decided",
            "leave it out, and set autoscaling.min and max",
        )
    if scaling.min > scaling.max:
        draft.refuse(
            ("autoscaling", "min"), f"{scaling.min} is above max {scaling.max}", "swap them"
        )
    if scaling.fallback and scaling.fallback.replicas > scaling.max:
        draft.refuse(
            ("autoscaling", "fallback", "replicas"),
            f"{scaling.fallback.replicas} is above max {scaling.max}",
            "lower it, or raise autoscaling.max",
        )


def resolve_autoscaling(
    draft: Draft, scaling: Autoscaling | None, time: TimeBudget
) -> dict[str, Any] | None:
    """The autoscaling values, with the cooldown at least as long as a cold start."""
    if scaling is None:
        return None
    draft.section("autoscaling", scaling.model_copy(update={"cooldown_seconds": None}))
    least = max(_DEFAULT_COOLDOWN_SECONDS, time.cold_start)
    cooldown = draft.take(
        "autoscaling.cooldownSeconds",
        scaling.cooldown_seconds,
        least,
        f"rule: at least the cold start of about {time.cold_start} s",
    )
    if cooldown < time.cold_start:
        draft.refuse(
            ("autoscaling", "cooldownSeconds"),
            f"{cooldown} s is shorter than the cold start of about {time.cold_start} s: "
            "pods would be removed while they load",
            f"raise it to at least {time.cold_start}, or leave it out",
        )
    for index, trigger in enumerate(scaling.triggers):
        _check_trigger(draft, ("autoscaling", "triggers", index), trigger)
    _check_wakes(draft, scaling)
    return {**plain(scaling), "cooldownSeconds": cooldown}


def _check_trigger(draft: Draft, path: tuple[str | int, ...], trigger: Trigger) -> None:
    if trigger.type == "prometheus":
        for key in ("serverAddress", "threshold"):
            if key not in trigger.metadata:
                draft.refuse(
                    (*path, "metadata"),
                    f"a prometheus trigger needs {key}",
                    f"write {key}: ..., as text",
                )


def _check_wakes(draft: Draft, scaling: Autoscaling) -> None:
    """At zero pods the engine's own metrics are gone: something else must wake it."""
    if scaling.min > 0 or not scaling.triggers:
        return
    if not any(_can_wake(trigger) for trigger in scaling.triggers):
        draft.refuse(
            ("autoscaling", "min"),
            "0 with these triggers never starts again: cpu, memory and the engine's own "
            "metrics do not exist while no pod runs",
            "add a trigger that lives at zero (a queue, a gateway's metric, cron), or min: 1",
        )


def _can_wake(trigger: Trigger) -> bool:
    if trigger.type in _NEVER_ACTIVATES:
        return False
    query = trigger.metadata.get("query", "")
    is_engine_metric = "vllm:" in query or "sglang:" in query or not query
    return trigger.type != "prometheus" or not is_engine_metric
