"""Processes that are killed: what was there heals by itself, and nobody is told a lie meanwhile.

One release for all tests of this file; each waits until it serves before it breaks anything.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.clients import CHAT, UNREACHABLE, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, GATEWAY, Release, is_ready

HEALING_SECONDS = 120


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    fake = module_release("fake")
    # A kill must look like the first one, whatever the tests before have done.
    fake.install_ok("--set", "gateway.env.WINGS_PROVEN_SECONDS=1")
    return fake


@pytest.fixture
def fake(installed: Release) -> Release:
    """The release, serving for longer than WINGS_PROVEN_SECONDS."""
    wait_for(lambda: serves(installed), "a serving release", HEALING_SECONDS)
    time.sleep(1.5)
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


def watch(fake: Release, clients: Clients, act: Callable[[], object], healed: Callable[[], bool]):
    """Breaks something while clients ask; what they saw, and the seconds until it was healed."""
    with clients.load(fake.url, clients=2) as load:
        begin = time.monotonic()
        act()
        wait_for(healed, "the healing", HEALING_SECONDS)
        seconds = time.monotonic() - begin
        return load.result(), seconds


def tell(capsys: pytest.CaptureFixture[str], what: str, seconds: float, seen: Any) -> None:
    with capsys.disabled():
        print(f"\n{what}: healed after {seconds:.1f} s; clients saw {seen['statuses']}")


def assert_honest(seen: dict[str, Any]) -> None:
    """Every failure while a pod is there is an answer that says why and when to come back."""
    allowed = {"200", "502", "503", "IncompleteRead"} | UNREACHABLE
    assert set(seen["statuses"]) <= allowed, json.dumps(seen, indent=1)
    assert seen["retry_after"] == seen["statuses"].get("503", 0), seen


def test_a_killed_engine_is_started_again(fake, clients, capsys):
    before = engine_pid(fake), restarts(fake, ENGINE), restarts(fake, GATEWAY)
    seen, seconds = watch(
        fake, clients, lambda: kill_engine(fake),
        lambda: engine_pid(fake) not in (before[0], "") and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    assert (restarts(fake, ENGINE), restarts(fake, GATEWAY)) == before[1:]
    assert fake.status()["last_failure"]["ended"] == "failed with code 137"
    tell(capsys, "engine killed", seconds, seen)


def test_an_agent_that_dies_finds_its_engine_again(fake, clients, node, capsys):
    before = engine_pid(fake), restarts(fake, GATEWAY)
    agent = container_status(fake, GATEWAY)["containerID"]
    seen, seconds = watch(
        fake, clients, lambda: node.kill_first_process(agent),
        lambda: restarts(fake, GATEWAY) > before[1] and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    assert engine_pid(fake) == before[0], "the engine has to be adopted, not started again"
    tell(capsys, "agent killed", seconds, seen)


def test_the_engines_container_can_be_killed(fake, clients, node, capsys):
    before = restarts(fake, ENGINE)
    script = container_status(fake, ENGINE)["containerID"]
    seen, seconds = watch(
        fake, clients, lambda: node.kill_first_process(script),
        lambda: restarts(fake, ENGINE) > before and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    assert "killed together with its container" in fake.status()["last_failure"]["ended"]
    tell(capsys, "entrypoint killed", seconds, seen)


def test_agent_and_engine_killed_at_once(fake, clients, node, capsys):
    before = engine_pid(fake), restarts(fake, GATEWAY)
    agent = container_status(fake, GATEWAY)["containerID"]

    def kill_both() -> None:
        node.kill_first_process(agent)
        kill_engine(fake)

    seen, seconds = watch(
        fake, clients, kill_both,
        lambda: restarts(fake, GATEWAY) > before[1]
        and engine_pid(fake) not in (before[0], "") and serves(fake),
    )  # fmt: skip
    assert_honest(seen)
    tell(capsys, "agent and engine killed", seconds, seen)


def test_an_engine_that_runs_out_of_memory(fake, clients, capsys):
    """Control groups version 1 kill the one process, version 2 the whole container."""
    before = engine_pid(fake), restarts(fake, ENGINE)
    seen, seconds = watch(
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
    tell(capsys, "engine out of memory", seconds, seen)


def test_health_says_why_while_nothing_serves(fake, clients):
    """A 503 of the pod itself, asked past the Service, which sends nobody to it now."""
    gateway = f"http://{fake.pods()[0]['status']['podIP']}:9000"
    before = engine_pid(fake)
    with clients.poll(f"{gateway}/health") as health:
        kill_engine(fake)
        wait_for(
            lambda: engine_pid(fake) not in (before, "") and serves(fake),
            "the healing", HEALING_SECONDS,
        )  # fmt: skip
        answers = health.result()
    for answer in answers:
        told = json.loads(answer["text"])
        is_good = answer["status"] == 200
        assert is_good == told["engine_ready"] == (told["status"] == "healthy"), told
        assert is_good or told["reason"], told
    assert 503 in [answer["status"] for answer in answers]
    status, _ = clients.post(f"{gateway}/v1/chat/completions", CHAT % 2)
    assert status == 200
