"""Which KEDA a profile needs, and whether the cluster's is new enough."""

from __future__ import annotations

from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import version_key
from wingsctl.plan.draft import Draft
from wingsctl.plan.triggers import KnownTrigger, newest_needed

LEAST_KEDA = "2.14.0"
Need = tuple[str, str]
"""Oldest version, and what needs it."""


def oldest_keda(profile: Profile, triggers: list[KnownTrigger]) -> Need:
    """The oldest KEDA that can do all this, and what needs it."""
    return max(_needs(profile, triggers), key=lambda need: version_key(need[0]))


def check_keda(draft: Draft, profile: Profile, triggers: list[KnownTrigger]) -> None:
    """Refuses what the KEDA of `autoscaling.kedaVersion` would silently pass over."""
    scaling = profile.autoscaling
    if scaling is None or scaling.keda_version is None:
        return
    present = _key(scaling.keda_version)
    for version, what in sorted(set(_needs(profile, triggers))):
        if version_key(version) > present:
            draft.refuse(
                ("autoscaling", "kedaVersion"),
                f"{scaling.keda_version} is too old: {what} needs KEDA {version}",
                "update KEDA, or do without",
            )


def _key(version: str) -> tuple[int, ...]:
    """`2.20` means the newest 2.20: its patches are what people run."""
    is_whole = version.count(".") > 1
    return version_key(version if is_whole else f"{version}.999")


def _needs(profile: Profile, triggers: list[KnownTrigger]) -> list[Need]:
    needs = [(LEAST_KEDA, "initialCooldownPeriod"), *newest_needed(triggers)]
    scaling = profile.autoscaling
    fallback = scaling.fallback if scaling else None
    if fallback and fallback.behavior:
        needs.append(("2.17.0", "fallback.behavior"))
    if fallback and any(each.written.metric_type == "Value" for each in triggers):
        needs.append(("2.18.0", "fallback of a trigger with metricType Value"))
    if fallback and scaling and (scaling.min == 0 or profile.nodes > 1):
        needs.append(("2.19.0", "a fallback that starts from zero"))
    return needs
