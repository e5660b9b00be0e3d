"""A replica of several pods: how its engines start together, and what its roles differ in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.catalog.engine import EngineProfile, GroupLaunch
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import first_row, version_key
from wingsctl.documents import KeyPath
from wingsctl.plan.deployment import EnginePlan, GroupPlan, Parallel
from wingsctl.plan.draft import Draft
from wingsctl.plan.parts import Parts
from wingsctl.plan.placement import resolve_scheduling
from wingsctl.plan.roles import check_roles, is_split, resolve_role

WORKER_WORD = "--wings-worker-command"
"""Separates the leader's command line from the workers' in the gateway's arguments."""
DATA_PARALLEL_PORT = 29550
"""For engines that name none: nothing of theirs listens there."""
MOST_GROUPS = 100
"""Names have room for two digits, and each group knows the leaders below it."""


def find_launch(
    draft: Draft, profile: Profile, engine: EngineProfile, version: str
) -> GroupLaunch | None:
    """How this version starts over several nodes; None for one node, or where it cannot."""
    if profile.nodes == 1:
        return None
    row = first_row(engine.groups, version)
    if row is None:
        draft.refuse(
            ("engine", "version") if draft.is_written("engine", "version") else ("engine",),
            f"{engine.title} {version} cannot start over several nodes by its own command",
            _remedy(engine, version) + (f"; {engine.no_groups}" if engine.no_groups else ""),
        )
    return row


def _remedy(engine: EngineProfile, version: str) -> str:
    able = [each for each in engine.versions if first_row(engine.groups, each)]
    later = [each for each in able if version_key(each) > version_key(version)]
    if not able:
        return f"no known version of {engine.title} can: use nodes: 1"
    return f"use {later[0]} or later" if later else f"use {able[-1]}, the last that can"


def launch_tokens(launch: GroupLaunch | None, nodes: int, parallel: Parallel) -> list[str]:
    """What the command of every pod of a group has more."""
    if launch is None:
        return []
    tokens = [*launch.argv, *(launch.data_argv if parallel.data > 1 else [])]
    return [token.replace("{nodes}", str(nodes)) for token in tokens]


def check_single(draft: Draft, profile: Profile) -> None:
    """Sections that say something about groups only."""
    if profile.nodes > 1:
        return
    for path in (("roles",), ("scheduling",), ("rollout", "upTo"), ("shutdown", "turnSeconds")):
        if draft.is_written(*path):
            draft.refuse(
                path,
                "is for replicas of several pods, and nodes is 1",
                "leave it out, or raise nodes",
            )


def resolve_group(
    draft: Draft, profile: Profile, parts: Parts, engine: EnginePlan, launch: GroupLaunch | None
) -> GroupPlan | None:
    """The group, with its decisions recorded; None for one node."""
    if profile.nodes == 1 or launch is None:
        return None
    check_roles(draft, profile, parts.engine, engine.version)
    _check_word(draft, profile)
    _check_refused(draft, profile, launch)
    _check_groups(draft, profile)
    _check_progress(draft, engine.profile)
    split = is_split(profile.roles)
    _describe(draft, profile, parts, split=split)
    leader, worker = (
        resolve_role(draft, profile, parts, name, given, engine.resources)
        for name, given in (("leader", {}), ("worker", dict(launch.worker_args)))
    )
    return GroupPlan(
        nodes=profile.nodes,
        is_split=split,
        leader=leader,
        worker=worker,
        rendezvous_port=launch.rendezvous_port,
        refused=sorted(launch.refused),
        data_parallel_port=launch.data_parallel_port or DATA_PARALLEL_PORT,
        scheduling=resolve_scheduling(draft, profile),
        rollout=_rollout(draft, profile),
    )


def _describe(draft: Draft, profile: Profile, parts: Parts, *, split: bool) -> None:
    """The group as people count it: pods, roles, sets and devices."""
    nodes, count = profile.nodes, profile.accelerator.count
    draft.decide("group.nodes", nodes, draft.line("nodes"))
    workers = "pod 1 works" if nodes == 2 else f"pods 1 to {nodes - 1} work"
    draft.decide(
        "group.roles",
        f"pod 0 leads, {workers}",
        "rule: clients reach leaders only; a group starts, fails and ends as one",
    )
    draft.decide(
        "group.sets",
        "a StatefulSet for the leader and one for its workers" if split else "one StatefulSet",
        "rule: roles differ in resources, pod settings or looked-up variables"
        if split
        else "rule: one pod template serves both roles",
    )
    devices = "none"
    if parts.card is not None:
        name = profile.accelerator.resource or parts.card.resource
        groups = _most_groups(profile)
        devices = f"{nodes} pods x {count} = {nodes * count} {name} a group"
        devices += f", {groups * nodes * count} in {groups} groups" if groups > 1 else ""
    draft.decide("group.devices", devices, "rule: nodes x accelerator.count x groups")


def _most_groups(profile: Profile) -> int:
    return profile.autoscaling.max if profile.autoscaling else (profile.replicas or 1)


def _check_word(draft: Draft, profile: Profile) -> None:
    """The word that ends the leader's command must not come from anybody else."""
    roles = profile.roles
    places: list[tuple[KeyPath, Any]] = [
        (("engine", "args"), profile.engine.args),
        (("roles", "leader", "engine", "args"), roles.leader.engine.args),
        (("roles", "worker", "engine", "args"), roles.worker.engine.args),
        (("model", "servedName"), profile.model.served_name),
    ]
    for path, written in places:
        if WORKER_WORD in _words(written):
            draft.refuse(
                path,
                f"holds {WORKER_WORD}, which separates the commands of leader and workers",
                "leave it out",
            )


def _check_progress(draft: Draft, engine: EngineProfile) -> None:
    """Without counters that move nobody sees that an engine of the group hangs."""
    if not engine.metrics.progress:
        draft.warn(
            ("nodes",),
            f"{engine.title} has no metrics.progress: an engine that hangs is not noticed",
            f"name counters that move while it works in {draft.sources['engine']}",
        )


def _check_refused(draft: Draft, profile: Profile, launch: GroupLaunch) -> None:
    roles = profile.roles
    places: list[tuple[KeyPath, Mapping[str, Any]]] = [
        (("engine", "args"), profile.engine.args),
        (("roles", "leader", "engine", "args"), roles.leader.engine.args),
        (("roles", "worker", "engine", "args"), roles.worker.engine.args),
    ]
    for path, args in places:
        for flag, value in args.items():
            why = launch.refused.get(flag.replace("_", "-"))
            if why and value not in (None, False):
                draft.refuse((*path, flag), why, "leave it out")


def _words(written: Any) -> Iterator[str]:
    """Every token that arguments or names become."""
    if isinstance(written, Mapping):
        for key, value in written.items():
            yield f"--{key}"
            yield from _words(value)
    elif isinstance(written, list):
        for item in written:
            yield from _words(item)
    else:
        yield str(written)


def _check_groups(draft: Draft, profile: Profile) -> None:
    groups = _most_groups(profile)
    path = ("autoscaling", "max") if profile.autoscaling else ("replicas",)
    if groups > MOST_GROUPS:
        draft.refuse(
            path, f"{groups} groups are above {MOST_GROUPS}", "split them over several releases"
        )


def _rollout(draft: Draft, profile: Profile) -> dict[str, Any]:
    """Twice the pods: fewer, and a broken new version would stop its own roll-back."""
    written = profile.rollout
    if draft.is_written("rollout", "maxSurge"):
        draft.refuse(
            ("rollout", "maxSurge"),
            "a StatefulSet has no surge: its pods keep their names",
            "leave it out",
        )
    given = written.max_unavailable if draft.is_written("rollout", "maxUnavailable") else None
    if given is not None and (not isinstance(given, int) or given < 2):
        draft.refuse(
            ("rollout", "maxUnavailable"),
            f"{given} can stop a rollout for ever: the old leader, no longer ready, counts",
            f"leave it out, or write a number from 2 to {2 * profile.nodes}",
        )
    most = draft.take(
        "rollout.maxUnavailable",
        given,
        2 * profile.nodes,
        "rule: twice the pods of a group, so that broken ones do not stop a roll-back",
    )
    if written.up_to is None:
        return {"maxUnavailable": most}
    up_to = draft.take("rollout.upTo", written.up_to, 0, "profile")
    return {"maxUnavailable": most, "upTo": up_to}
