"""A real vLLM over two pods that sleeps: the first request wakes it, and is answered."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cluster.clients import CHAT, Clients
from tests.cluster.groups import Groups
from tests.cluster.release import PROFILES
from tests.cluster.scaled_groups import wait_groups
from tests.cluster.whole_groups import WholeGroups

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
SIZE = 2

LIMIT_SECONDS = 600
SCALING = {"min": 0, "max": 1, "pollingSeconds": 1}
DOOR = {"holdSeconds": LIMIT_SECONDS, "drainSeconds": 5, "replicas": 1}
# Shorter than the cold start, which plan refuses: here requests wait as long as the group loads.
COOLDOWN = ["--set", "autoscaling.cooldownSeconds=10"]


@pytest.fixture(scope="module")
def asleep(module_release, clients, keda, tmp_path_factory) -> Groups:
    document = YAML(typ="safe").load(PROFILES / "real-group.wings.yaml")
    document |= {"name": "real-asleep", "autoscaling": SCALING, "frontDoor": DOOR}
    profile = Path(tmp_path_factory.mktemp("profiles")) / "real-asleep.wings.yaml"
    profile.write_text(json.dumps(document), "utf-8")
    release = module_release("real-asleep", profile)
    release.apply_ok(*COOLDOWN)
    groups = Groups(release, clients, SIZE)
    wait_groups(groups, 0)
    return groups


def test_the_first_request_is_answered_by_a_group_that_it_woke(asleep, clients: Clients, figures):
    url = f"{clients.reach(asleep.release.url)}/v1/chat/completions"
    status, text = clients.get(f"{asleep.release.url}/v1/models")
    assert (status, [card["id"] for card in json.loads(text)["data"]]) == (200, ["tiny"])
    assert asleep.release.pods() == [], "no group is woken for what the door knows"
    with WholeGroups(asleep.release.kube, {"real-asleep": SIZE}, "vllm.entrypoints") as watcher:
        began = time.monotonic()
        status, text = clients.post(url, CHAT % 8, LIMIT_SECONDS)
        woken = time.monotonic() - began
        assert status == 200, text
        began = time.monotonic()
        assert clients.post(url, CHAT % 8)[0] == 200
        second = time.monotonic() - began
        wait_groups(asleep, 0, LIMIT_SECONDS)
    assert watcher.faults == []
    assert watcher.starts >= SIZE
    figures("real vLLM at zero: answered after", round(woken, 1), "s")
    figures("the next request", round(second, 1), "s")
