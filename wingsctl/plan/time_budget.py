"""One solver for every waiting time, so that none ends before what it waits for."""

from __future__ import annotations

import math

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.operations import Shutdown, Startup
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft

PULL_MIB_PER_SECOND = 60
"""Assumed for pulling and unpacking an image."""
DOWNLOAD_MIB_PER_SECOND = 100
"""Assumed for a model hub."""
SAFETY = 3
"""The load deadline is this many times the expected start-up."""
LEAST_LOAD_SECONDS = 600
GRACE_MARGIN_SECONDS = 10
"""Between the last step of the shutdown and kubelet's SIGKILL."""
PROGRESS_MARGIN_SECONDS = 60


def solve_time(
    draft: Draft,
    startup: Startup,
    shutdown: Shutdown,
    engine: EngineProfile,
    pull_gib: float,
    weights_gib: float | None,
    *,
    from_hub: bool,
    replicas: int,
) -> TimeBudget:
    """Expected times and the deadlines that follow from them, all in seconds.

    load deadline < progress deadline < helm time-out; drain < grace period.
    """
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
    grace = (
        shutdown.delay_seconds
        + shutdown.drain_seconds
        + shutdown.stop_seconds
        + GRACE_MARGIN_SECONDS
    )
    progress = 2 * pull + deadline + PROGRESS_MARGIN_SECONDS
    timeout = progress + PROGRESS_MARGIN_SECONDS + max(1, replicas) * grace
    timeout += max(0, replicas - 1) * (deadline + pull)
    budget = TimeBudget(
        pull, download, load, engine.start_seconds, deadline, progress, grace, timeout
    )
    _record(draft, budget)
    return budget


def _check_deadline(draft: Draft, deadline: int, needed: int) -> None:
    if deadline <= needed:
        draft.refuse(
            ("startup", "loadDeadlineSeconds"),
            f"{deadline} s is not enough: download and load alone take about {needed} s",
            "raise it, or leave it out: the default follows from the size of the model",
        )


def _record(draft: Draft, budget: TimeBudget) -> None:
    draft.decide(
        "time.progressDeadlineSeconds",
        budget.progress_deadline,
        "rule: 2 x pull + load deadline + 60 s",
    )
    draft.decide(
        "time.terminationGracePeriodSeconds",
        budget.grace,
        "rule: shutdown delay + drain + stop + 10 s",
    )
    draft.decide(
        "time.helmTimeoutSeconds",
        budget.helm_timeout,
        "rule: progress deadline + 60 s + grace, and a full start per further replica",
    )
    draft.decide("time.coldStartSeconds", budget.cold_start, "rule: pull + download + load + start")


def _minutes_up(seconds: int) -> int:
    return -(-seconds // 60) * 60
