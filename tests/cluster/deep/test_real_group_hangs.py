"""A real vLLM over two pods: an engine that hangs, with and without requests that wait for it."""

from __future__ import annotations

import time

from tests.cluster.clients import CHAT
from tests.cluster.pace import patience
from tests.cluster.real_groups import (
    STALL_BOUND,
    STALL_SECONDS,
    facts,
    fixtures_of,
    hang,
    hang_engine,
    leader_url,
    note,
)

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py",
    "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
installed, group = fixtures_of("real-group")


def test_an_engine_that_hangs_is_noticed_by_lack_of_progress(group, clients, figures):
    note(figures, "worker's engine hangs", hang_engine(group, clients, 1))


def test_a_hang_without_requests_is_noticed_with_the_first_request(group, clients, figures):
    before = facts(group, 0)
    hang(group, 1)
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
