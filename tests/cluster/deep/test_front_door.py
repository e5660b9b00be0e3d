"""A thousand requests at once, and no group runs: each is answered once, or clearly refused."""

from __future__ import annotations

from tests.cluster.groups import Groups
from tests.cluster.scaled_groups import ask_at_once, tokens_made, wait_groups

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/wings_infer",
)  # fmt: skip
SIZE, FULL = 3, 3
BURST, TOKENS = 1000, 3


def test_a_thousand_requests_at_zero_are_answered_once_or_refused(release, clients, keda, figures):
    """Up to three groups of three behind two doors, each of which holds 400 requests."""
    scaled = release("scaled")
    scaled.apply_ok()
    groups = Groups(scaled, clients, SIZE)
    wait_groups(groups, 0)
    seen = ask_at_once(groups, BURST, TOKENS)
    answered = seen["statuses"]["200"]
    assert answered == seen["ids"] > BURST // 2
    assert seen["retry_after"] == BURST - answered
    assert all("waiting" in reason for reason in seen["refusals"]), seen["refusals"]
    groups.wait_ready(FULL)
    assert sum(tokens_made(groups, group) for group in range(FULL)) == answered * TOKENS
    figures("requests at once, at zero", BURST)
    figures("answered", answered)
    figures("refused", BURST - answered)
    figures("last answer after", seen["seconds"][1], "s")
