"""A thousand requests at once, and nobody there: each is answered once, or clearly refused."""

from __future__ import annotations

import json

import pytest

from tests.cluster.clients import CHAT
from tests.cluster.groups import Groups
from tests.cluster.scaled_groups import wait_groups

SIZE, BURST, TOKENS = 3, 1000, 3


@pytest.fixture
def groups(release, clients, keda) -> Groups:
    """Up to three groups of three behind two doors, each of which holds 400 requests; none runs."""
    scaled = release("scaled")
    scaled.install_ok()
    groups = Groups(scaled, clients, SIZE)
    wait_groups(groups, 0)
    return groups


def test_a_thousand_requests_at_zero_are_answered_once_or_refused(groups, capsys):
    url = f"{groups.clients.reach(groups.release.url)}/v1/chat/completions"
    seen = json.loads(groups.clients.run("burst.py", url, BURST, CHAT % TOKENS))
    with capsys.disabled():
        print(f"\n{BURST} requests at zero: {seen}")
    answered = seen["statuses"]["200"]
    assert set(seen["statuses"]) <= {"200", "503"}
    assert sum(seen["statuses"].values()) == BURST
    assert answered == seen["ids"] > BURST // 2
    assert seen["retry_after"] == BURST - answered
    assert all("waiting" in reason for reason in seen["refusals"]), seen["refusals"]
    groups.wait_ready(3)
    assert sum(made(groups, group) for group in range(3)) == answered * TOKENS


def made(groups: Groups, group: int) -> int:
    """Tokens that a group's engine has made since it started: what was sent twice, counts twice."""
    text = groups.release.page("/metrics", groups.leader(group))
    lines = [line for line in text.splitlines() if line.startswith("vllm:generation_tokens_total")]
    return int(float(lines[0].split()[-1]))
