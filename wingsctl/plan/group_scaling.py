"""Groups that start and stop as a whole: what their triggers must be able to say."""

from __future__ import annotations

from wingsctl.catalog.autoscaling import Autoscaling
from wingsctl.plan.draft import Draft
from wingsctl.plan.triggers import ADD_ON, PUSH, RESOURCES, KnownTrigger

_UNEVEN = ("ttft-p95", "gpu-utilisation")


def check_group_scaling(draft: Draft, scaling: Autoscaling, triggers: list[KnownTrigger]) -> None:
    """Group i starts at more than i x threshold; whatever cannot be counted so is refused."""
    _check_settings(draft, scaling)
    _check_add_on(draft, triggers)
    _check_hours(draft, scaling, triggers)
    for trigger in triggers:
        if not _is_useless(draft, trigger):
            _check_steps(draft, scaling, trigger)


def _check_settings(draft: Draft, scaling: Autoscaling) -> None:
    nothing = "has no effect on groups: each has none or all of its pods"
    if scaling.behavior is not None:
        draft.refuse(
            ("autoscaling", "behavior"),
            nothing,
            "leave it out; cooldownSeconds, or max_over_time in the query, damp the steps",
        )
    if scaling.initial_cooldown_seconds:
        draft.refuse(
            ("autoscaling", "initialCooldownSeconds"),
            "would start every group at install: Kubernetes makes one pod of each, and KEDA fills "
            "the group",
            "leave it out",
        )
    fallback = scaling.fallback
    if fallback and fallback.behavior:
        draft.refuse(("autoscaling", "fallback", "behavior"), nothing, "leave it out")
    if fallback and fallback.replicas <= scaling.min:
        draft.refuse(
            ("autoscaling", "fallback", "replicas"),
            f"starts no further group: {scaling.min} always run",
            "raise it, or leave fallback out",
        )
    modifiers = scaling.scaling_modifiers
    if modifiers and modifiers.activation_target:
        draft.refuse(
            ("autoscaling", "scalingModifiers", "activationTarget"),
            "is computed: group i starts above i x target",
            "leave it out",
        )


def _check_add_on(draft: Draft, triggers: list[KnownTrigger]) -> None:
    """Its server says only "work" or "none"; the number needs a formula of its own."""
    for trigger in triggers:
        if trigger.written.type == ADD_ON and len(triggers) > 1:
            draft.refuse(
                trigger.path,
                "http cannot stand beside other triggers in groups: what it counts has to be the "
                "only number of each group",
                "keep one",
            )


def _check_hours(draft: Draft, scaling: Autoscaling, triggers: list[KnownTrigger]) -> None:
    """Group i runs within the hours of a cron that wants more than i."""
    if (
        scaling.scaling_modifiers
        or not triggers
        or any(each.written.type != "cron" for each in triggers)
    ):
        return
    wanted = [each.written.metadata.get("desiredReplicas", "") for each in triggers]
    most = max((int(each) for each in wanted if each.isdecimal()), default=scaling.max)
    if most < scaling.max:
        draft.refuse(
            ("autoscaling", "max"),
            f"groups above {most} never start: no cron wants more",
            f"write max: {most}, or raise desiredReplicas",
        )


def _is_useless(draft: Draft, trigger: KnownTrigger) -> bool:
    written, facts = trigger.written, trigger.facts
    if written.type in RESOURCES and facts is not None:
        draft.refuse(trigger.path, f"{written.type} cannot scale groups: {facts.no_steps}", _OTHER)
        return True
    if trigger.preset in _UNEVEN:
        key = "preset" if written.preset else "metadata"
        draft.refuse(
            (*trigger.path, key),
            f"{trigger.preset} cannot scale groups: twice as much of it does not mean a second "
            "group",
            _OTHER,
        )
        return True
    return False


_OTHER = "use what counts demand: a queue, requests waiting and running"


def _check_steps(draft: Draft, scaling: Autoscaling, trigger: KnownTrigger) -> None:
    written, facts = trigger.written, trigger.facts
    if written.type in ("cron", ADD_ON):
        return
    if scaling.scaling_modifiers is not None and written.type != PUSH:
        return
    if scaling.max == 1:
        return
    if facts is None or facts.steps is None:
        why = facts.no_steps if facts else "nothing is known of its type"
        remedy = "" if written.type == PUSH else "name it and write scalingModifiers, or "
        draft.refuse(
            (*trigger.path, "type"),
            f"{written.type} starts all {scaling.max} groups at once: {why}",
            f"{remedy}use max: 1, or another trigger",
        )
        return
    _check_threshold(draft, trigger, facts.steps.threshold, facts.steps.activation)


def _check_threshold(draft: Draft, trigger: KnownTrigger, threshold: str, activation: str) -> None:
    metadata = trigger.written.metadata
    path = (*trigger.path, "metadata")
    value = metadata.get(threshold, "")
    if value and not value.strip("0."):
        draft.refuse((*path, threshold), "0 would start all groups at once", "raise it")
    facts = trigger.facts
    is_told_missing = facts is not None and facts.metadata[threshold].required
    if not value and not is_told_missing:
        draft.refuse(
            path, f"{threshold} is missing: group i starts above i x {threshold}",
            f"write {threshold}: what one group takes, as text",
        )  # fmt: skip
    if activation in metadata:
        draft.refuse(
            (*path, activation),
            f"is computed: group i starts above i x {threshold}",
            "leave it out",
        )
