"""The front door: whether there is one, and the numbers of its Deployment."""

from __future__ import annotations

import re
from typing import Any

from wingsctl.catalog.autoscaling import Autoscaling, Trigger
from wingsctl.catalog.front_door import FrontDoor
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import FrontDoorPlan, TimeBudget
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.environment import DOOR_ENV, gateway_env_hint, owned_gateway_env
from wingsctl.plan.pod import SECURITY_CONTEXT, check_tolerations
from wingsctl.plan.resources import resolve_door_resources
from wingsctl.plan.triggers import ADD_ON, FRONT_DOOR

TARGET = "16"
"""Requests that one pod or group takes, where no trigger says it."""
HOLD_MARGIN_SECONDS = 300
"""A start may take longer than expected; held requests are cheap, lost ones are not."""
KEDA = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}]
"""KEDA's own chart installs it there."""


def with_default_trigger(scaling: Autoscaling) -> Autoscaling:
    """The same; where no trigger is written, by the demand that the front door tells."""
    if scaling.triggers:
        return scaling
    own = Trigger(type="metrics-api", preset=FRONT_DOOR, metadata={"targetValue": TARGET})
    return scaling.model_copy(update={"triggers": [own]})


def resolve_front_door(
    draft: Draft, profile: Profile, pod: dict[str, Any], time: TimeBudget, names: list[str]
) -> FrontDoorPlan | None:
    """The door of a profile, or None; `names` are the served ones, `pod` the pods' settings."""
    written = profile.front_door or FrontDoor()
    is_on, why = _decision(profile, pod)
    if profile.front_door or is_on or profile.autoscaling:
        source = draft.line("frontDoor") if profile.front_door else why
        draft.decide("frontDoor", "on" if is_on else "off", source)
    if not is_on:
        _check_unused(draft, profile)
        return None
    _check(draft, profile, pod, names)
    return FrontDoorPlan(_values(draft, profile, written, time), _scalers(draft, profile))


def _decision(profile: Profile, pod: dict[str, Any]) -> tuple[bool, str]:
    """Whether there is a door, and the rule that says so."""
    scaling = profile.autoscaling
    if profile.front_door is not None:
        return profile.front_door.enabled, ""
    if scaling is None:
        return False, ""
    if not scaling.triggers:
        return True, "rule: no trigger is written; the door's demand is the default"
    if any(each.preset == FRONT_DOOR for each in scaling.triggers):
        return True, "rule: a trigger asks for its demand"
    why_not = _why_not(profile, scaling, pod)
    return not why_not, f"rule: {why_not or 'min is 0; it holds requests, and starts nothing'}"


def _why_not(profile: Profile, scaling: Autoscaling, pod: dict[str, Any]) -> str:
    """Why there is no door where nothing asks for its demand; empty where it helps."""
    if scaling.min > 0:
        return "min is above 0"
    if any(each.type == ADD_ON for each in scaling.triggers):
        return "KEDA's http add-on holds requests"
    if _has_ports_by_group(profile, pod):
        return "on the node's network each group has ports of its own"
    return ""


def _has_ports_by_group(profile: Profile, pod: dict[str, Any]) -> bool:
    most = profile.autoscaling.max if profile.autoscaling else profile.replicas or 1
    return profile.nodes > 1 and bool(pod.get("hostNetwork")) and most > 1


def _check_unused(draft: Draft, profile: Profile) -> None:
    if profile.network_policy.scalers is not None:
        draft.refuse(
            ("networkPolicy", "scalers"),
            "has nobody to reach: there is no front door",
            "leave it out, or write frontDoor: true",
        )


def _check(draft: Draft, profile: Profile, pod: dict[str, Any], names: list[str]) -> None:
    scaling = profile.autoscaling
    for index, each in enumerate(scaling.triggers if scaling else ()):
        if each.type == ADD_ON:
            draft.refuse(
                ("autoscaling", "triggers", index),
                "http cannot stand beside a front door, which holds requests already",
                "keep one: leave frontDoor out, or leave triggers out",
            )
    if _has_ports_by_group(profile, pod):
        draft.refuse(
            ("frontDoor",) if profile.front_door else ("autoscaling",),
            "a front door finds all leaders at one port; on the node's network each group has "
            "its own",
            "name another trigger (a queue), use a fabric without hostNetwork, or one group only",
        )
    for name in names:
        if re.search(r"[\s,]", name):
            draft.refuse(
                ("model", "servedName"),
                f"{name!r} cannot be listed by the front door: it has a space or a comma",
                "use another name",
            )
    _check_env(draft, profile)


def _check_env(draft: Draft, profile: Profile) -> None:
    door = profile.front_door or FrontDoor()
    for name in door.env:
        if owned_gateway_env(name) or name in (*DOOR_ENV, "WINGS_MAX_WAITING"):
            hint = gateway_env_hint(name)
            draft.refuse(("frontDoor", "env", name), "is set by the chart", hint)
    for section, env in (("gateway", profile.gateway.env), ("pod", profile.pod.env)):
        for name in set(env) & set(DOOR_ENV):
            hint = gateway_env_hint(name)
            draft.refuse((section, "env", name), "is set by the chart in the front door", hint)
    for index, each in enumerate(profile.network_policy.scalers or ()):
        if profile.autoscaling is None:
            draft.refuse(
                ("networkPolicy", "scalers", index), "has nothing to read: nothing is scaled",
                "leave it out",
            )  # fmt: skip
        elif not each:
            draft.refuse(("networkPolicy", "scalers", index), "is empty", "write a peer")


def _values(draft: Draft, profile: Profile, written: FrontDoor, time: TimeBudget) -> dict[str, Any]:
    """What the chart's values hold, in the profile's words."""
    polling = profile.autoscaling.polling_seconds if profile.autoscaling else 0
    hold = -(-(time.cold_start + polling + HOLD_MARGIN_SECONDS) // 60) * 60
    drain = profile.shutdown.drain_seconds
    pod: dict[str, Any] = plain(written.pod)
    pod["securityContext"] = {**SECURITY_CONTEXT, **(written.pod.security_context or {})}
    check_tolerations(draft, written.pod, ("frontDoor", "pod"))
    for name, value in plain(written.env).items():
        draft.decide(f"frontDoor.env.{name}", value, draft.line("frontDoor", "env", name))
    draft.decide("frontDoor.pod", pod, "rule: Pod Security restricted, and what is written")
    return {
        "replicas": _taken(draft, "replicas", written.replicas),
        "resources": resolve_door_resources(draft, written.resources),
        "holdSeconds": draft.take(
            "frontDoor.holdSeconds", written.hold_seconds, hold,
            f"rule: cold start + polling + {HOLD_MARGIN_SECONDS} s, in whole minutes",
        ),
        "maxWaiting": _taken(draft, "maxWaiting", written.max_waiting),
        "drainSeconds": draft.take(
            "frontDoor.drainSeconds", written.drain_seconds, drain, "rule: shutdown.drainSeconds"
        ),
        "env": plain(written.env),
        "pod": pod,
    }  # fmt: skip


def _taken(draft: Draft, key: str, value: int) -> int:
    path = ("frontDoor", key)
    return draft.decide(
        ".".join(path), value, draft.line(*path) if draft.is_written(*path) else "default"
    )


def _scalers(draft: Draft, profile: Profile) -> list[dict[str, Any]]:
    """Who may read the demand; nobody where nothing is scaled."""
    if profile.autoscaling is None:
        return []
    found = draft.take(
        "networkPolicy.scalers", profile.network_policy.scalers, KEDA, "default: namespace keda"
    )
    return list(found)


def least_cooldown(profile: Profile, door: FrontDoorPlan | None) -> int:
    """Above this a replica of the door that ends cannot make a busy pod look idle, in seconds.

    While it drains, the scaler may not read what it still holds.
    """
    scaling = profile.autoscaling
    if door is None or scaling is None:
        return 0
    if not any(each.preset == FRONT_DOOR for each in scaling.triggers):
        return 0
    drain: int = door.values["drainSeconds"]
    return profile.shutdown.delay_seconds + drain + scaling.polling_seconds
