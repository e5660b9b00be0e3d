"""One solver for every waiting time, so that none ends before what it waits for."""

from __future__ import annotations

import math

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.operations import Shutdown
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft
from wingsctl.plan.waits import PROGRESS_MARGIN_SECONDS, Waits

PULL_MIB_PER_SECOND = 60
"""Assumed for pulling and unpacking an image."""
DOWNLOAD_MIB_PER_SECOND = 100
"""Assumed for a model hub."""
SAFETY = 3
"""The load deadline is this many times the expected start-up."""
LEAST_LOAD_SECONDS = 600
LONGEST_SECONDS = 604800


def solve_time(
    draft: Draft,
    profile: Profile,
    engine: EngineProfile,
    pull_gib: float,
    weights_gib: float | None,
    *,
    from_hub: bool,
    replicas: int,
) -> TimeBudget:
    """Expected times and the deadlines that follow from them, all in seconds.

    load deadline < progress deadline < helm time-out; drain < grace period. Groups take
    turns: helm time-out < turn, so that a version that never gets ready fails before the
    groups that still serve take their turn.
    """
    startup, shutdown, nodes = profile.startup, profile.shutdown, profile.nodes
    weights_mib = (weights_gib or 16.0) * 1024
    expected_pull = math.ceil(pull_gib * 1024 / PULL_MIB_PER_SECOND)
    download = math.ceil(weights_mib / DOWNLOAD_MIB_PER_SECOND) if from_hub else 0
    load = math.ceil(weights_mib / engine.load_mib_per_second)
    pull = draft.take(
        "startup.pullSeconds",
        startup.pull_seconds,
        expected_pull,
        f"rule: {pull_gib:g} GiB of image at {PULL_MIB_PER_SECOND} MiB/s",
    )
    deadline = draft.take(
        "startup.loadDeadlineSeconds",
        startup.load_deadline_seconds,
        _minutes_up(max(LEAST_LOAD_SECONDS, SAFETY * (download + load + engine.start_seconds))),
        f"rule: {SAFETY} x (download {download} s + load {load} s + start "
        f"{engine.start_seconds} s), at least {LEAST_LOAD_SECONDS} s",
    )
    _check_deadline(draft, deadline, download + load)
    waits = Waits(nodes, replicas, pull, deadline, shutdown, profile.probes.readiness)
    turn = _turn(draft, shutdown, waits) if nodes > 1 else 0
    budget = TimeBudget(
        pull, download, load, engine.start_seconds, deadline, waits.progress_deadline,
        waits.grace, waits.helm_timeout, waits.transition, turn,
    )  # fmt: skip
    _record(draft, budget, nodes)
    return budget


def _turn(draft: Draft, shutdown: Shutdown, waits: Waits) -> int:
    """How long a group waits for those with a lower number; longer than helm does."""
    groups, transition = max(2, waits.replicas), waits.transition
    turn = draft.take(
        "shutdown.turnSeconds",
        shutdown.turn_seconds,
        min(groups * transition + 2 * PROGRESS_MARGIN_SECONDS, LONGEST_SECONDS),
        f"rule: {groups} groups x {transition} s (grace + pods one by one + load deadline) + 120 s",
    )
    if waits.replicas > 1 and turn <= waits.helm_timeout:
        draft.refuse(
            ("shutdown", "turnSeconds"),
            f"{turn} s is not longer than helm's time-out of {waits.helm_timeout} s: groups that "
            "serve would take their turn before a broken upgrade fails",
            f"raise it above {waits.helm_timeout}, or leave it out",
        )
    return turn


def _check_deadline(draft: Draft, deadline: int, needed: int) -> None:
    if deadline <= needed:
        draft.refuse(
            ("startup", "loadDeadlineSeconds"),
            f"{deadline} s is not enough: download and load alone take about {needed} s",
            "raise it, or leave it out: the default follows from the size of the model",
        )


def _record(draft: Draft, budget: TimeBudget, nodes: int) -> None:
    if nodes == 1:
        draft.decide(
            "time.progressDeadlineSeconds",
            budget.progress_deadline,
            "rule: 2 x pull + load deadline + 60 s",
        )
    draft.decide(
        "time.terminationGracePeriodSeconds",
        budget.grace,
        "rule: shutdown delay + drain + stop + 10 s"
        if nodes == 1
        else "rule: shutdown delay + readiness probe's period x failures + drain + stop + 20 s; "
        "groups from 1 on the turn besides",
    )
    draft.decide(
        "time.helmTimeoutSeconds",
        budget.helm_timeout,
        "rule: progress deadline + 60 s + grace, and a full start per further replica"
        if nodes == 1
        else "rule: a full replacement of each group, one after another; shorter than the turn",
    )
    draft.decide("time.coldStartSeconds", budget.cold_start, "rule: pull + download + load + start")


def _minutes_up(seconds: int) -> int:
    return -(-seconds // 60) * 60
