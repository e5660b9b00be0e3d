"""Autoscaling: what KEDA gets, and what it must not get."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.autoscaling import Autoscaling
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import EnginePlan, FrontDoorPlan, ScalingPlan, TimeBudget
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.formula import check_formula
from wingsctl.plan.front_door import least_cooldown, with_default_trigger
from wingsctl.plan.group_scaling import check_group_scaling
from wingsctl.plan.keda_version import check_keda, oldest_keda
from wingsctl.plan.presets import RATIOS, check_preset
from wingsctl.plan.scaling_words import describe_scaling
from wingsctl.plan.triggers import ADD_ON, PUSH, RESOURCES, KnownTrigger, check_triggers, why_asleep

_DEFAULT_COOLDOWN_SECONDS = 300
_ADD_ON_DEFAULTS = {
    "metric": "concurrency",
    "window": "1m",
    "scalerAddress": "keda-add-ons-http-external-scaler.keda:9090",
}
_UNCACHED = (*RESOURCES, "cron", PUSH, ADD_ON)


def check_replicas(draft: Draft, profile: Profile) -> None:
    """`replicas` and `autoscaling` exclude each other; min < max."""
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
    if scaling.min == scaling.max:
        draft.refuse(
            ("autoscaling", "min"),
            f"{scaling.min} is max as well: there is nothing to scale",
            f"write replicas: {scaling.max} instead of autoscaling",
        )


def resolve_autoscaling(
    draft: Draft, profile: Profile, engine: EnginePlan, gateway: dict[str, Any],
    door: FrontDoorPlan | None, card: AcceleratorProfile | None, time: TimeBudget,
) -> ScalingPlan | None:  # fmt: skip
    """What KEDA gets, with the cooldown at least as long as a cold start."""
    if profile.autoscaling is None:
        return None
    if door is None and not profile.autoscaling.triggers:
        draft.refuse(
            ("autoscaling",),
            "has no trigger, and no front door whose demand would be the default",
            "name a trigger of KEDA in autoscaling.triggers, or take frontDoor: false away",
        )
        return None
    scaling = with_default_trigger(profile.autoscaling)
    profile = profile.model_copy(update={"autoscaling": scaling})
    hidden: dict[str, Any] = {"cooldown_seconds": None, "triggers": []}
    draft.section("autoscaling", scaling.model_copy(update=hidden))
    cooldown = _cooldown(draft, scaling, time, least_cooldown(profile, door))
    triggers = check_triggers(draft, scaling)
    for trigger in triggers:
        check_preset(draft, trigger, engine.profile, card, door)
        _check_requests(draft, trigger, engine, gateway)
    check_formula(draft, scaling, triggers)
    _check_fallback(draft, scaling, triggers)
    _check_wakes(draft, scaling, triggers, engine.profile)
    check_keda(draft, profile, triggers)
    if profile.nodes > 1:
        check_group_scaling(draft, scaling, triggers)
    values = {
        **plain(scaling),
        "triggers": [_values(draft, each, is_group=profile.nodes > 1) for each in triggers],
        "cooldownSeconds": cooldown,
    }
    if profile.nodes > 1:
        del values["initialCooldownSeconds"]
    values.pop("kedaVersion", None)
    version, why = oldest_keda(profile, triggers)
    describe_scaling(draft, profile, triggers, time, cooldown, (version, why))
    steps = {
        each.facts.name: (each.facts.steps.threshold, each.facts.steps.activation)
        for each in triggers
        if each.facts and each.facts.steps
    }
    return ScalingPlan(values, steps if profile.nodes > 1 else {}, version)


def _cooldown(draft: Draft, scaling: Autoscaling, time: TimeBudget, drained: int) -> int:
    """`drained`: what the front door needs from its SIGTERM to its end, and a poll."""
    least = max(_DEFAULT_COOLDOWN_SECONDS, time.cold_start, drained + 1)
    cooldown = draft.take(
        "autoscaling.cooldownSeconds",
        scaling.cooldown_seconds,
        least,
        f"rule: at least the cold start of about {time.cold_start} s"
        + (f", and above the front door's end and a poll of {drained} s" if drained else ""),
    )
    enough = max(time.cold_start, drained + 1)
    if cooldown < time.cold_start:
        draft.refuse(
            ("autoscaling", "cooldownSeconds"),
            f"{cooldown} s is shorter than the cold start of about {time.cold_start} s: "
            "pods would be removed while they load",
            f"raise it to at least {enough}, or leave it out",
        )
    if cooldown <= drained:
        is_poll = 2 * scaling.polling_seconds > drained
        longest = "autoscaling.pollingSeconds" if is_poll else "frontDoor.drainSeconds"
        draft.refuse(
            ("autoscaling", "cooldownSeconds"),
            f"{cooldown} s is over before a pod of the front door has ended ({drained} s: shutdown "
            "delay + its drain + a poll): what it still holds would look like no demand",
            f"raise it to at least {enough}, or lower {longest}",
        )
    return cooldown


def _values(draft: Draft, trigger: KnownTrigger, *, is_group: bool) -> dict[str, Any]:
    """A trigger as the chart's values have it: with what KEDA would otherwise take wrongly."""
    written = trigger.written
    values: dict[str, Any] = plain(written)
    del values["unchecked"]
    if trigger.preset is not None:
        values["preset"] = trigger.preset
    if written.type == ADD_ON:
        values["metadata"] = {**_ADD_ON_DEFAULTS, **written.metadata}
    if written.metric_type is None and written.type in RESOURCES:
        values["metricType"] = "Utilization"
    if written.metric_type is None and trigger.preset in RATIOS:
        values["metricType"] = "Value"
    if is_group and written.use_cached_metrics is None and written.type not in _UNCACHED:
        # Its autoscaler never changes a group; it need not ask the source as well.
        values["useCachedMetrics"] = True
    key = f"autoscaling.triggers[{trigger.index}]"
    is_default = not draft.is_written("autoscaling", "triggers")
    source = "default: the front door's demand" if is_default else draft.line(*trigger.path)
    return draft.decide(key, values, source)


def _check_requests(
    draft: Draft, trigger: KnownTrigger, engine: EnginePlan, gateway: dict[str, Any]
) -> None:
    """KEDA refuses cpu and memory where a container does not say how much it wants of them."""
    kind = trigger.written.type
    if kind not in RESOURCES:
        return
    wanted = trigger.written.metadata.get("containerName")
    pods = {"wings-infer": gateway["resources"], f"{engine.profile.name}-engine": engine.resources}
    if wanted is not None and wanted not in pods:
        draft.refuse(
            (*trigger.path, "metadata", "containerName"),
            f"the pods have no container {wanted!r}",
            f"write {' or '.join(pods)}",
        )
    for name, resources in pods.items():
        given = {**resources.get("limits", {}), **resources.get("requests", {})}
        if wanted in (None, name) and kind not in given:
            key = "gateway" if name == "wings-infer" else "engine"
            draft.refuse(
                trigger.path,
                f"KEDA refuses {kind}: container {name} requests none",
                f"write {key}.resources.requests.{kind}, or metadata.containerName",
            )


def _check_fallback(draft: Draft, scaling: Autoscaling, triggers: list[KnownTrigger]) -> None:
    fallback, path = scaling.fallback, ("autoscaling", "fallback")
    if fallback is None:
        return
    if fallback.replicas > scaling.max:
        draft.refuse(
            (*path, "replicas"),
            f"{fallback.replicas} is above max {scaling.max}",
            "lower it, or raise autoscaling.max",
        )
    if triggers and all(each.written.type in RESOURCES for each in triggers):
        draft.refuse(
            path,
            "KEDA refuses it beside cpu and memory alone: they do not fail",
            "leave it out, or add another trigger",
        )
    for trigger in triggers:
        if scaling.min == 0 and trigger.written.metric_type == "Value":
            draft.refuse(
                (*trigger.path, "metricType"),
                "with Value the fallback starts nothing from zero",
                "leave it out, or write min: 1",
            )


def _check_wakes(
    draft: Draft, scaling: Autoscaling, triggers: list[KnownTrigger], engine: EngineProfile
) -> None:
    """At zero pods the engine's own metrics are gone: something else must wake it."""
    if scaling.min > 0:
        return
    prefix = engine.metrics.waiting.split(":")[0] + ":"
    reasons = {each.written.type: why_asleep(each, prefix) for each in triggers}
    if all(why_asleep(each, prefix) for each in triggers):
        shown = "; ".join(f"{name}: {why}" for name, why in reasons.items())
        draft.refuse(
            ("autoscaling", "min"),
            f"0 with these triggers never starts again ({shown})",
            "leave triggers out (the front door's demand), add one that lives at zero (a queue, "
            "cron), or write min: 1",
        )
