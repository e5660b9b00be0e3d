"""A real vLLM over two pods: an engine that hangs, with and without requests that wait for it."""

from __future__ import annotations

import time

import pytest

from tests.cluster.clients import CHAT, Clients
from tests.cluster.pace import patience
from tests.cluster.real_groups import (
    SETTINGS,
    STALL_BOUND,
    STALL_SECONDS,
    assert_broke,
    await_serving,
    facts,
    has_healed,
    leader_url,
    pod_of,
    watch,
)
from tests.cluster.release import ENGINE, Release

COVERS = (
    "chart-templates/alone", "chart-templates/core", "chart-templates/leader-worker",
    "chart-templates/storage", "chart-templates/tests", "sidecar/proof/engine.sh",
    "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    release = module_release("real-group")
    release.apply_ok(*SETTINGS)
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    return await_serving(installed, clients)


def hang(group: Release) -> None:
    """Stops every process of the worker's engine: as one that waits for a device without end.

    Of this engine and no later one: a hang at start is another event, with another deadline.
    """
    pid = facts(group, 1)["pid"]
    group.exec(ENGINE, "sh", "-c", f"kill -s STOP -- -{pid}", pod=pod_of(group, 1))


def test_an_engine_that_hangs_is_noticed_by_lack_of_progress(group, clients, figures):
    before = facts(group, 0)
    seen = watch(group, clients, lambda: hang(group), lambda: has_healed(group, before))
    assert group.status(pod_of(group, 0))["group"]["last_end"]["kind"] == "stall"
    assert_broke(seen, patience(STALL_BOUND))
    assert seen.broke_after > STALL_SECONDS - 1
    seen.assert_honest(patience(STALL_BOUND))
    figures("worker's engine hangs: noticed after", round(seen.noticed_after, 1), "s")
    figures("worker's engine hangs: serves again after", round(seen.healed_after, 1), "s")


def test_a_hang_without_requests_is_noticed_with_the_first_request(group, clients, figures):
    before = facts(group, 0)
    hang(group)
    end = time.monotonic() + STALL_BOUND
    while time.monotonic() < end:
        assert clients.get(f"{leader_url(group)}/health")[0] == 200
        time.sleep(1)
    assert facts(group, 0) == before
    began = time.monotonic()
    status, text = clients.post(f"{group.url}/v1/chat/completions", CHAT % 1)
    noticed = time.monotonic() - began
    assert (status, "has not moved for" in text) == (503, True), text
    assert STALL_SECONDS < noticed < patience(STALL_BOUND)
    figures("hang without requests: unseen for", round(STALL_BOUND, 1), "s")
    figures("the first request then: refused after", round(noticed, 1), "s")
