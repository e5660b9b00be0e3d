"""Releases of 0.1.0's charts are upgraded to today's, by both helms, while clients go on asking.

Four of them, all at once, with the values that a small node needs; between them they have keys,
TLS, groups, claims and a front door. All charts are upgraded in deep/test_upgrade_matrix.py.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.cluster.clients import UNREACHABLE, Clients
from tests.cluster.conftest import new_namespace
from tests.cluster.kube import Kube
from tests.cluster.old_releases import SMALL_VALUES, OldRelease, identities
from tests.cluster.stories import all_at_once
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool
from tests.upgrades.listed import listed_restarts

SERVED = {
    "keys-claim-ingress": (HELM_3, HELM_3, "--reuse-values"),
    "keys-door-to-zero": (HELM_3, HELM_3, "-f"),
    "keys-group-two-sets": (HELM_4, HELM_4, "-f"),
    "minimal": (HELM_3, HELM_4, "--reuse-values"),
}
"""Who installs, who upgrades, and how: each helm with and without --reuse-values."""


def test_requests_are_answered_and_keys_asked_for(cluster, crds, clients, todays_charts, tmp_path):
    """Each in a namespace of its own."""
    with ExitStack() as stack:
        stories = {}
        for case in SERVED:
            kube = stack.enter_context(new_namespace(cluster))
            values = tmp_path / case / "values.json"
            values.parent.mkdir()
            stories[case] = partial(upgrade, kube, case, todays_charts[case], values, clients)
        all_at_once(stories)


def upgrade(kube: Kube, case: str, today: Path, values: Path, clients: Clients) -> None:
    """Under load of one who has a key and one who has none."""
    values.write_text(json.dumps(SMALL_VALUES[case]), "utf-8")
    *helms, keep = SERVED[case]
    installer, upgrader = (
        OldRelease(replace(kube, helm_binary=find_tool(helm)), case, today, values)
        for helm in helms
    )
    installer.install()
    assert_doors_are_as_they_were(installer, clients)
    before, pods = identities(kube), installer.pods()
    with (
        clients.load(installer.url, clients=4, key=installer.key) as load,
        clients.load(installer.url, clients=1, key="stranger") as strangers,
    ):
        upgrader.upgrade(reuse=keep == "--reuse-values")
        seen, refused = load.result(), strangers.result()
    assert set(seen["statuses"]) == {"200"}, json.dumps(seen, indent=1)
    if installer.is_guarded:
        assert "401" in refused["statuses"]
        assert set(refused["statuses"]) <= {"401", "503"} | UNREACHABLE, refused
    assert_doors_are_as_they_were(upgrader, clients)
    assert before.items() <= identities(kube).items()
    assert {each["status"]["phase"] for each in installer.claims()} <= {"Bound"}
    if case not in {change.case for change in listed_restarts()}:
        assert installer.pods() == pods, "pods were replaced"


def assert_doors_are_as_they_were(release: OldRelease, clients: Clients) -> None:
    """A client with a key is answered; without one it is not, where the gateway asks for keys."""
    answers = [release.ask(clients, key) for key in (release.key, "stranger", "")]
    assert answers == ([200, 401, 401] if release.is_guarded else [200, 200, 200])
