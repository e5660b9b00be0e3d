"""Autoscaling in words, for `wingsctl plan`."""

from __future__ import annotations

import re

from wingsctl.catalog.autoscaling import NUMBER, Autoscaling
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft
from wingsctl.plan.roles import is_split
from wingsctl.plan.triggers import ADD_ON, FRONT_DOOR, RESOURCES, KnownTrigger

_COUNTED = {
    "demand": "requests waiting or running",
    "queue-length": "requests waiting",
    "ttft-p95": "seconds to the first token (95th percentile)",
    "gpu-utilisation": "per cent of the GPUs",
    FRONT_DOOR: "requests waiting or running",
}
_REQUESTS = ("demand", FRONT_DOOR)
_SHOWN_GROUPS = 4


def minutes(seconds: int) -> str:
    """`560` as `9 min 20 s`, `1800` as `30 min`."""
    whole, rest = divmod(seconds, 60)
    parts = [f"{whole} min" if whole else "", f"{rest} s" if rest or not whole else ""]
    return " ".join(part for part in parts if part)


def describe_scaling(
    draft: Draft, profile: Profile, triggers: list[KnownTrigger], time: TimeBudget,
    cooldown: int, keda: tuple[str, str],
) -> None:  # fmt: skip
    """Records what will happen, as people would say it."""
    scaling = profile.autoscaling
    if scaling is None:
        return
    is_group = profile.nodes > 1
    one, many = ("group", "groups") if is_group else ("pod", "pods")
    draft.decide("autoscaling.idle", _idle(scaling, one, many, cooldown), "rule: min and cooldown")
    if is_group:
        draft.decide("autoscaling.groups", *_group_steps(scaling, triggers))
    else:
        draft.decide("autoscaling.pods", *_pod_steps(scaling, triggers))
    _describe_cost(draft, profile, scaling, many)
    parts = {"pull": time.pull, "download": time.download, "load": time.load, "start": time.start}
    told = ", ".join(f"{name} {minutes(each)}" for name, each in parts.items() if each)
    draft.decide(
        "autoscaling.coldStart",
        f"about {minutes(time.cold_start)}",
        f"rule: {told}; before it up to {scaling.polling_seconds} s until KEDA looks",
    )
    if any(each.written.type not in (*RESOURCES, "cron") for each in triggers):
        draft.decide("autoscaling.outage", *_outage(scaling, many, cooldown, is_group=is_group))
    draft.decide("autoscaling.keda", f"{keda[0]} or later", f"rule: {keda[1]}")
    if any(each.written.type == ADD_ON for each in triggers):
        draft.decide("autoscaling.httpAddOn", "0.14.0 or later", "rule: InterceptorRoute")


def _idle(scaling: Autoscaling, one: str, many: str, cooldown: int) -> str:
    if scaling.min == 0:
        return f"0 {many} when idle for {minutes(cooldown)}"
    return f"{scaling.min} {one if scaling.min == 1 else many} always"


def _outage(scaling: Autoscaling, many: str, cooldown: int, *, is_group: bool) -> tuple[str, str]:
    """What runs while a trigger fails; seen on a cluster with KEDA 2.21.0."""
    rule = "rule: nothing is scaled while a trigger fails"
    if fallback := scaling.fallback:
        failures = f"rule: fallback, after more than {fallback.failure_threshold} failures in a row"
        return f"{fallback.replicas} {many}", failures
    if scaling.min > 0 and not is_group:
        return "as it is", rule
    doubt = "KEDA 2.21 may take what fails for longer for no demand"
    return f"as it is for {minutes(cooldown)}", f"{rule}; {doubt}"


def _describe_cost(draft: Draft, profile: Profile, scaling: Autoscaling, many: str) -> None:
    if profile.accelerator.name != "none":
        each = profile.nodes * profile.accelerator.count
        draft.decide(
            "autoscaling.devices",
            f"{scaling.min * each} to {scaling.max * each}",
            f"rule: {each} a {many[:-1]}",
        )
    if profile.nodes > 1:
        sets = 2 if is_split(profile.roles) else 1
        count = (scaling.max - scaling.min) * sets
        draft.decide(
            "autoscaling.scaledObjects",
            count,
            f"rule: one a StatefulSet; each asks every {scaling.polling_seconds} s"
            + ("; both sets of a group by the same triggers" if sets == 2 else ""),
        )


def _group_steps(scaling: Autoscaling, triggers: list[KnownTrigger]) -> tuple[str, str]:
    """When each group starts, by the trigger that all count; sources name the others."""
    if scaling.scaling_modifiers:
        target, what = scaling.scaling_modifiers.target, scaling.scaling_modifiers.formula
        return _steps(scaling, target), f"rule: above i x {target} of {what}"
    told = [_one_trigger(scaling, each) for each in triggers]
    source = "; or ".join(what for _, what in told)
    return told[0][0], f"rule: {source}"


def _one_trigger(scaling: Autoscaling, trigger: KnownTrigger) -> tuple[str, str]:
    metadata = trigger.written.metadata
    what = counted(trigger)
    if trigger.written.type == "cron":
        hours = f"{metadata.get('start')} to {metadata.get('end')} {metadata.get('timezone')}"
        return f"{metadata.get('desiredReplicas')} groups within the hours", f"cron: {hours}"
    key = trigger.facts.steps.threshold if trigger.facts and trigger.facts.steps else "targetValue"
    threshold = metadata.get(key, "")
    if not threshold:
        return "all at once", what
    first = "1 waiting or running request" if trigger.preset in _REQUESTS else "the first"
    return _steps(scaling, threshold, first), f"above i x {threshold} {what}"


def _steps(scaling: Autoscaling, threshold: str, first: str = "the first") -> str:
    numbers = list(range(scaling.min, scaling.max))
    shown = numbers if len(numbers) <= _SHOWN_GROUPS else [*numbers[:2], numbers[-1]]
    told = [_step(number, threshold, first) for number in shown]
    return ", ".join(told if len(shown) == len(numbers) else [*told[:2], "...", told[2]])


def _step(number: int, threshold: str, first: str) -> str:
    """A threshold that is no number is told as a problem of its own."""
    if number == 0:
        return f"1st at {first}"
    above = float(threshold) * number if re.fullmatch(NUMBER, threshold) else 0
    return f"{_ordinal(number + 1)} above {above:g}"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 <= number % 100 <= 13 else ending}"


def _pod_steps(scaling: Autoscaling, triggers: list[KnownTrigger]) -> tuple[str, str]:
    if scaling.scaling_modifiers:
        target, what = scaling.scaling_modifiers.target, scaling.scaling_modifiers.formula
        return f"one for each {target}", f"rule: of {what}"
    return "the most that a trigger wants", "rule: " + "; ".join(map(_wish, triggers))


def _wish(trigger: KnownTrigger) -> str:
    """What one trigger wants, in a few words."""
    written, what = trigger.written, counted(trigger)
    if written.type == "cron":
        return f"{written.metadata.get('desiredReplicas')} within the hours of cron"
    key = trigger.facts.steps.threshold if trigger.facts and trigger.facts.steps else "value"
    target = written.metadata.get(key) or written.metadata.get("targetValue", "(KEDA's default)")
    if written.type in RESOURCES:
        return f"so many that {written.type} use stays near {target} per cent of what is requested"
    if trigger.preset in ("ttft-p95", "gpu-utilisation"):
        return f"so many that it stays near {target} {what}"
    return f"one for each {target} {what}"


def counted(trigger: KnownTrigger) -> str:
    """What a trigger counts."""
    if trigger.preset:
        return _COUNTED[trigger.preset]
    return f"of {trigger.written.name or trigger.written.type}"
