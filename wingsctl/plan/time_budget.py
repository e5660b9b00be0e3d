"""One solver for every waiting time, so that none ends before what it waits for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.operations import Shutdown
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft
from wingsctl.plan.rates import Rate
from wingsctl.plan.start import Start
from wingsctl.plan.waits import PROGRESS_MARGIN_SECONDS, Waits

PULL_MIB_PER_SECOND = 60
"""Assumed for pulling and unpacking an image."""
SAFETY = 3
"""The load deadline is this many times the expected start-up."""
LEAST_LOAD_SECONDS = 600
LEAST_UNIFIED_SECONDS = 1200
"""Where system and card share the memory: a start took 15 minutes on a GB10, 670 s of them
after the weights were loaded (a public note on a cold start of vLLM)."""
LONGEST_SECONDS = 604800


@dataclass(frozen=True)
class ToLoad:
    """What has to be there before a pod serves: GiB of image and of all weight files.

    Every pod downloads and reads the whole checkpoint, whatever the number of its cards.
    """

    pull_gib: float
    weights_gib: float
    rate: Rate
    start: Start
    least_seconds: int = LEAST_LOAD_SECONDS


def solve_time(
    draft: Draft, profile: Profile, engine: EngineProfile, to_load: ToLoad, *, replicas: int
) -> TimeBudget:
    """Expected times and the deadlines that follow from them, all in seconds.

    load deadline < progress deadline < helm time-out; drain < grace period. Groups take
    turns: helm time-out < turn, so that a version that never gets ready fails before the
    groups that still serve take their turn.
    """
    startup, shutdown, nodes = profile.startup, profile.shutdown, profile.nodes
    rate, gib = to_load.rate, to_load.weights_gib
    expected_pull = _seconds(to_load.pull_gib, PULL_MIB_PER_SECOND)
    download = _seconds(gib, rate.download)
    load = _seconds(gib, engine.load_mib_per_second)
    pull = draft.take(
        "startup.pullSeconds",
        startup.pull_seconds,
        expected_pull,
        f"rule: {to_load.pull_gib:g} GiB of image at {PULL_MIB_PER_SECOND} MiB/s",
    )
    default, why = _deadline(engine, to_load, download, load)
    deadline = draft.take(
        "startup.loadDeadlineSeconds", startup.load_deadline_seconds, default, why
    )
    _check_deadline(draft, deadline, download + load)
    waits = Waits(nodes, replicas, pull, deadline, shutdown, profile.probes.readiness)
    turn = _turn(draft, shutdown, waits) if nodes > 1 else 0
    budget = TimeBudget(
        pull, download, load, to_load.start.seconds, deadline, waits.progress_deadline,
        waits.grace, waits.helm_timeout, waits.transition, turn,
    )  # fmt: skip
    _record_steps(draft, engine, budget, to_load)
    _record(draft, budget, nodes)
    return budget


def _deadline(engine: EngineProfile, to_load: ToLoad, download: int, load: int) -> tuple[int, str]:
    """The longer of a multiple of what is expected, and of each step at its slowest."""
    rate, start = to_load.rate, to_load.start
    expected = SAFETY * (download + load + engine.start_seconds)
    slow_download = _seconds(to_load.weights_gib, rate.slowest_download)
    slow_load = _seconds(to_load.weights_gib, rate.slowest_load)
    slowest = slow_download + slow_load + start.longest
    least = to_load.least_seconds
    longest = _minutes_up(max(least, expected, slowest))
    plain = f"{SAFETY} x (download {download} s + load {load} s + start {engine.start_seconds} s)"
    if max(least, expected) >= slowest:
        why = f"rule: {plain}, at least {least} s"
    else:
        why = (
            f"rule: the slowest seen, download {slow_download} s + load {slow_load} s + start "
            f"{start.longest} s, which is longer than {plain}"
        )
    return min(longest, LONGEST_SECONDS), why


def _seconds(gib: float, mib_per_second: int) -> int:
    return math.ceil(gib * 1024 / mib_per_second) if mib_per_second else 0


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


def _record_steps(draft: Draft, engine: EngineProfile, budget: TimeBudget, to_load: ToLoad) -> None:
    rate, gib = to_load.rate, f"{to_load.weights_gib:.1f} GiB of weights"
    if rate.download:
        why = f"rule: {gib} at {rate.download} MiB/s, from {rate.words}"
        draft.decide("time.downloadSeconds", budget.download, why)
    origin = "its cache" if rate.download else rate.words
    why = f"rule: {gib} at {engine.load_mib_per_second} MiB/s, from {origin}"
    draft.decide("time.loadSeconds", budget.load, why)
    start = to_load.start
    why = f"rule: {start.words}; up to {start.longest} s was seen"
    draft.decide("time.startSeconds", budget.start, why)


def _minutes_up(seconds: int) -> int:
    return -(-seconds // 60) * 60
