"""A real SGLang over two pods that sleeps: the front door wakes it, its own numbers keep it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.cluster.clients import CHAT, Background, Clients
from tests.cluster.groups import Groups
from tests.cluster.proofs.figures import Figures
from tests.cluster.real_groups import leader_url
from tests.cluster.release import PROFILES
from tests.cluster.scaled_groups import replicas, wait_groups
from tests.cluster.source_stories import start_sources
from tests.cluster.sources import Numbers, Source
from tests.cluster.whole_groups import WholeGroups

COVERS = (
    "chart-templates/autoscaling", "chart-templates/core", "chart-templates/front-door",
    "chart-templates/leader-worker", "chart-templates/storage", "chart-templates/tests",
    "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py", "sidecar/proof/sglang.sh",
    "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True
NAME, SIZE = "sglang-asleep", 2
LIMIT_SECONDS = 600
SCALING = {"min": 0, "max": 1, "pollingSeconds": 1}
DOOR = {"holdSeconds": LIMIT_SECONDS, "drainSeconds": 5, "replicas": 1}
# Shorter than the cold start, which plan refuses: here requests wait as long as the group loads.
COOLDOWN = ["--set", "autoscaling.cooldownSeconds=10"]
KEPT_SECONDS = 40
"""Several cooldowns."""


@pytest.fixture(scope="module")
def asleep(module_release, clients, keda, tmp_path_factory) -> Groups:
    """Scaled by the door, and by the chart's own queries for the engine's numbers."""
    release = module_release(NAME, Path(tmp_path_factory.mktemp("profiles")) / "asleep.wings.yaml")
    start_sources(release.kube, ("numbers", "prometheus"))
    address = f"http://{Source(release.kube, 'prometheus').address(9090)}"
    presets = [
        {
            "type": "prometheus", "name": preset, "preset": preset,
            "metadata": {"serverAddress": address, "threshold": threshold},
        }
        for preset, threshold in (("demand", "1"), ("queue-length", "1"))
    ]  # fmt: skip
    door = {"type": "metrics-api", "preset": "front-door", "metadata": {"targetValue": "5"}}
    document = YAML(typ="safe").load(PROFILES / "sglang-group.wings.yaml")
    scaling = {**SCALING, "triggers": [door, *presets]}
    document |= {"name": NAME, "autoscaling": scaling, "frontDoor": DOOR}
    release.profile.write_text(json.dumps(document), "utf-8")
    release.apply_ok(*COOLDOWN)
    groups = Groups(release, clients, SIZE)
    wait_groups(groups, 0)
    return groups


def test_the_door_wakes_the_group_and_its_own_numbers_keep_it(
    asleep: Groups, clients: Clients, figures: Figures
) -> None:
    release = asleep.release
    with WholeGroups(release.kube, {NAME: SIZE}, "sglang.launch_server") as watcher:
        began = time.monotonic()
        url = f"{clients.reach(release.url)}/v1/chat/completions"
        status, text = clients.post(url, CHAT % 8, LIMIT_SECONDS)
        assert status == 200, text
        figures("real SGLang at zero: answered after", round(time.monotonic() - began, 1), "s")
        Numbers(release.kube).let_scrape(release.pods())
        past_the_door = f"{leader_url(release)}/v1/chat/completions"
        with Background(clients, "load.py", past_the_door, 4, CHAT % 400) as load:
            busy_until = time.monotonic() + KEPT_SECONDS
            while time.monotonic() < busy_until:
                assert replicas(asleep) == {asleep.stateful_set(0): SIZE}, (
                    "the door alone has no demand"
                )
                time.sleep(1)
            seen = load.result()
        wait_groups(asleep, 0, LIMIT_SECONDS)
    assert set(seen["statuses"]) == {"200"}, seen
    assert watcher.faults == []
    assert watcher.starts == SIZE
    figures("kept by its own numbers for", KEPT_SECONDS, "s")
