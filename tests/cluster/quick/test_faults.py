"""Processes that are killed: what was there heals by itself, and nobody is told a lie meanwhile.

One release for all tests of this file; each waits until it serves before it breaks anything.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.clients import CHAT, UNREACHABLE, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, GATEWAY, Release, is_ready

HEALING_SECONDS = 300


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    fake = module_release("fake")
    # Each kill is the first one: what the tests before have done is forgiven as soon as it serves.
    # A second to load is long enough for a look at it.
    env = {"gateway.env.WINGS_PROVEN_SECONDS": 0, "engine.env.FAKE_LOAD_SECONDS": 1}
    fake.install_ok(*(word for each in env.items() for word in ("--set", "{}={}".format(*each))))
    return fake


@pytest.fixture
def fake(installed: Release) -> Release:
    """The release, serving."""
    wait_for(lambda: serves(installed), "a serving release", HEALING_SECONDS)
    return installed


def serves(fake: Release) -> bool:
    """Asked by exec; false also while there is no container to ask in."""
    try:
        return bool(fake.status()["engine_ready"]) and is_ready(fake.pods()[0])
    except AssertionError:
        return False


def engine_pid(fake: Release) -> str:
    """Empty while there is no engine, or no container to ask in."""
    try:
        text = fake.exec(ENGINE, "cat", "/shared-volume/engine_status.txt")
    except AssertionError:
        return ""
    pid = next(line for line in text.splitlines() if line.startswith("pid: "))
    return pid.removeprefix("pid: ").replace("none", "")


def restarts(fake: Release, kind: str) -> int:
    """How often kubelet started this container again."""
    return int(container_status(fake, kind)["restartCount"])


def container_status(fake: Release, kind: str) -> dict[str, Any]:
    (pod,) = fake.pods()
    found = pod["status"]["containerStatuses"]
    return dict(next(each for each in found if each["name"].endswith(kind)))


def kill_engine(fake: Release) -> None:
    fake.exec(ENGINE, "sh", "-c", f"kill -9 {engine_pid(fake)}")


def watch(
    fake: Release, clients: Clients, act: Callable[[], object], healed: Callable[[], bool]
) -> dict[str, Any]:
    """Breaks something while clients ask; what they saw until it was healed."""
    with clients.load(fake.url, clients=2) as load:
        act()
        wait_for(healed, "the healing", HEALING_SECONDS)
        seen = dict(load.result())
    print(f"clients saw {seen['statuses']}")
    return seen


def assert_honest(seen: dict[str, Any]) -> None:
    """Every failure while a pod is there is an answer that says why and when to come back."""
    allowed = {"200", "502", "503", "IncompleteRead"} | UNREACHABLE
    assert set(seen["statuses"]) <= allowed, json.dumps(seen, indent=1)
    assert seen["retry_after"] == seen["statuses"].get("503", 0), seen


def test_a_killed_engine_is_started_again_and_health_says_why_meanwhile(fake, clients):
    """A 503 of the pod itself, asked past the Service, which sends nobody to it now."""
    health = f"http://{fake.pods()[0]['status']['podIP']}:9000/health"
    before = engine_pid(fake), restarts(fake, ENGINE), restarts(fake, GATEWAY)
    with clients.poll(health) as polled:
        seen = watch(
            fake, clients, lambda: kill_engine(fake),
            lambda: engine_pid(fake) not in (before[0], "") and serves(fake),
        )  # fmt: skip
        answers = polled.result()
    assert_honest(seen)
    assert (restarts(fake, ENGINE), restarts(fake, GATEWAY)) == before[1:]
    assert fake.status()["last_failure"]["ended"] == "failed with code 137"
    for answer in answers:
        told = json.loads(answer["text"])
        is_good = answer["status"] == 200
        assert is_good == told["engine_ready"] == (told["status"] == "healthy"), told
        assert is_good or told["reason"], told
    assert 503 in [answer["status"] for answer in answers]
    assert clients.post(f"{fake.url}/v1/chat/completions", CHAT % 2)[0] == 200


def test_an_agent_that_dies_finds_its_engine_again(fake, clients, node):
    before = engine_pid(fake), restarts(fake, GATEWAY)
    agent = container_status(fake, GATEWAY)["containerID"]
    seen = watch(
        fake, clients, lambda: node.kill_first_process(agent),
        lambda: restarts(fake, GATEWAY) > before[1] and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    assert engine_pid(fake) == before[0], "the engine has to be adopted, not started again"


def test_the_engines_container_can_be_killed(fake, clients, node):
    before = restarts(fake, ENGINE)
    script = container_status(fake, ENGINE)["containerID"]
    seen = watch(
        fake, clients, lambda: node.kill_first_process(script),
        lambda: restarts(fake, ENGINE) > before and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    assert "killed together with its container" in fake.status()["last_failure"]["ended"]


def test_an_engine_that_runs_out_of_memory(fake, clients):
    """Control groups version 1 kill the one process, version 2 the whole container."""
    before = engine_pid(fake), restarts(fake, ENGINE)
    seen = watch(
        fake, clients, lambda: clients.get(f"{fake.url}/debug/eat"),
        lambda: engine_pid(fake) not in (before[0], "") and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    if restarts(fake, ENGINE) > before[1]:
        assert container_status(fake, ENGINE)["lastState"]["terminated"]["reason"] == "OOMKilled"
    else:
        ended = fake.status()["last_failure"]["ended"]
        assert ended.startswith("failed with code 137: ")
        assert "out of memory" in ended
