"""A real vLLM over two pods, tensor parallel: forms, answers, heals from what dies or hangs.

One release for all tests of this file; each waits until it serves before it breaks anything.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.cluster.clients import CHAT, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, GATEWAY, Release, is_ready
from tests.cluster.witness import Seen, Witness

HEALING_SECONDS = 600
STALL_SECONDS = 15
SETTINGS = {
    "WINGS_PROVEN_SECONDS": 1,  # a failure is the first one, whatever the tests before have done
    "WINGS_STALL_SECONDS": STALL_SECONDS,
    "WINGS_GROUP_LEASE_SECONDS": 20,  # a busy machine starts an agent again in more than 10 s
}
# What docs/reference/sidecar-contract.md promises, and a reserve for a machine that does much else.
DETECTION_SECONDS = 3 + 4
STALL_BOUND = STALL_SECONDS * 7 / 6 + 6 + 4
BREAK_SECONDS = 15  # not the 300 s after which vLLM gives a collective operation up
LONG, SHORT = 990, 100
PID = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"


@pytest.fixture(scope="module")
def installed(module_release) -> Release:
    release = module_release("real-group")
    began = time.monotonic()
    words = [f"gateway.env.{name}={value}" for name, value in SETTINGS.items()]
    release.install_ok(*(word for each in words for word in ("--set", each)))
    print(f"installed and serving after {time.monotonic() - began:.0f} s")
    return release


@pytest.fixture
def group(installed: Release, clients: Clients) -> Release:
    """The release while it serves."""
    installed.wait_ready(2, limit=HEALING_SECONDS)
    wait_for(lambda: serves(installed, clients), "an answer", HEALING_SECONDS)
    time.sleep(1.5)  # WINGS_PROVEN_SECONDS
    return installed


def serves(group: Release, clients: Clients) -> bool:
    """Through the client Service."""
    return clients.try_post(f"{group.url}/v1/chat/completions", CHAT % 1) == 200


def pod_of(group: Release, index: int) -> str:
    return f"{group.name}-0-{index}"


def leader_url(group: Release) -> str:
    """Past the client Service, by the name that leads to the pod ready or not."""
    return f"http://{pod_of(group, 0)}.{group.name}-peers.{group.kube.namespace}:9000"


def facts(group: Release, index: int) -> dict[str, Any]:
    """Who runs in this pod: what changes when something is replaced, started again or adopted."""
    pod = group.kube.read("pod", pod_of(group, index))
    states = pod["status"]["containerStatuses"]
    status = group.exec(ENGINE, "cat", "/shared-volume/engine_status.txt", pod=pod_of(group, index))
    lines = dict(line.split(": ", 1) for line in status.splitlines() if ": " in line)
    stats = group.exec(
        ENGINE, "sh", "-c", "cat /proc/[0-9]*/stat 2>&1 || :", pod=pod_of(group, index)
    )
    fields = [line.rpartition(")") for line in stats.splitlines() if ")" in line]
    return {
        "uid": pod["metadata"]["uid"],
        "restarts": {each["name"]: each["restartCount"] for each in states},
        "generation": lines["launch"],
        "pid": lines["pid"],
        "processes": sorted(
            head.split()[0] for head, _, tail in fields if tail.split()[2] == lines["pid"]
        ),
    }


def has_healed(group: Release, before: dict[str, Any]) -> bool:
    """Both pods are Ready in another generation."""
    try:
        now = group.status(pod_of(group, 0))["group"]
    except AssertionError:  # no pod, or no container to ask in
        return False
    pods = group.pods()
    anew = now["phase"] == "run" and now["generation"] != before["generation"]
    return anew and len(pods) == 2 and all(map(is_ready, pods))


def watch(
    group: Release,
    clients: Clients,
    act: Callable[[], object],
    healed: Callable[[], bool],
    tokens: int = LONG,
) -> Seen:
    """Does something while a stream is open and the witness asks, and waits until it is healed."""
    with Witness(clients, leader_url(group), group.url, tokens) as witness:
        witness.do("stream")
        witness.do("begin")
        act()
        witness.do("done")
        wait_for(healed, "the healing", HEALING_SECONDS)
        witness.do("look")
        return witness.seen()


def tell(capsys: pytest.CaptureFixture[str], what: str, seen: Seen) -> None:
    (stream,) = seen.streams
    how = "finished" if stream["done"] else f"broke after {seen.broke_after:.1f} s"
    with capsys.disabled():
        print(
            f"\n{what}: noticed after {seen.noticed_after:.1f} s, serves again after "
            f"{seen.healed_after:.1f} s; the stream {how}; chats: {seen.statuses}"
        )
        for reason in sorted({re.sub(r"\d+ s\b", ".. s", each) for each in seen.reasons}):
            print(f"  503: {reason[:180]}")


def assert_broke(seen: Seen, limit: float) -> None:
    """The stream that was open ended visibly, and soon."""
    (stream,) = seen.streams
    assert stream["pieces"] > 0
    assert not stream["done"], stream
    assert seen.broke_after < limit, stream


# It forms and answers


def test_a_group_forms_and_every_client_is_served(group, clients):
    assert all(map(is_ready, group.pods()))
    seen = json.loads(clients.run("talk.py", f"{group.url}/v1", "tiny"))
    assert seen["models"] == ["tiny"]
    assert seen["chat_tokens"] == seen["text_tokens"] == 8
    assert seen["finish"] == "length"
    assert seen["pieces"] >= 2
    printed = group.kube.helm_ok("test", group.name, "--logs")
    for check in ("health: ok", "models: ok", "chat: ok", "streaming: ok"):
        assert check in printed


def test_both_pods_tell_the_same_story(group, clients):
    leader, worker = (facts(group, index) for index in (0, 1))
    status, text = clients.get(f"{leader_url(group)}/health")
    assert (status, json.loads(text)["status"]) == (200, "healthy")
    page = json.loads(group.page("/group", pod_of(group, 0)))
    assert page["members"] == [leader["uid"], worker["uid"]]
    assert re.fullmatch(r"[0-9]{1,9}-[0-9a-f]{16}", page["generation"])
    told = [group.status(pod_of(group, index))["group"] for index in (0, 1)]
    generations = {each["generation"] for each in (page, leader, worker, *told)}
    assert generations == {page["generation"]}
    assert [each["role"] for each in told] == ["leader", "worker"]
    assert told[0]["phase"] == told[1]["leader"]["phase"] == "run"
    (member,) = told[0]["members"]
    assert (member["name"], member["pod"]) == (pod_of(group, 1), worker["uid"])
    assert member["engine"] == "running"
    url = leader_url(group).replace(pod_of(group, 0), pod_of(group, 1))
    assert clients.get(f"{url}/health")[0] == 200
    status, text = clients.post(f"{url}/v1/chat/completions", CHAT % 1)
    assert (status, "requests go to the leader" in text) == (503, True)


def test_the_engines_are_started_as_the_chart_says(group):
    leader, worker = (group.argv(pod_of(group, index)) for index in (0, 1))
    address = f"{pod_of(group, 0)}.{group.name}-peers.{group.kube.namespace}.svc"
    expected = {"--nnodes": "2", "--tensor-parallel-size": "2", "--master-addr": address}
    for rank, argv in (("0", leader), ("1", worker)):
        told = {flag: argv[argv.index(flag) + 1] for flag in (*expected, "--node-rank")}
        assert told == expected | {"--node-rank": rank}
    assert set(leader) ^ set(worker) == {"0", "1", "--headless"}
    assert "--headless" in worker
    address = group.kube.read("pod", pod_of(group, 1))["status"]["podIP"]
    assert f"VLLM_HOST_IP={address}" in group.of_engine("environ", pod_of(group, 1))


# Something dies


@pytest.mark.parametrize("who", [(0,), (1,), (0, 1)], ids=["leader's", "worker's", "both"])
def test_a_dead_engine_ends_the_generation_of_all(group, clients, who, capsys):
    before = [facts(group, index) for index in (0, 1)]

    def kill() -> None:
        for index in who:
            group.exec(ENGINE, "sh", "-c", f"kill -9 {PID}", pod=pod_of(group, index))

    seen = watch(group, clients, kill, lambda: has_healed(group, before[0]))
    after = [facts(group, index) for index in (0, 1)]
    for old, new in zip(before, after, strict=True):
        assert (old["uid"], old["restarts"]) == (new["uid"], new["restarts"])
        assert not set(old["processes"]) & set(new["processes"])
    assert after[0]["generation"] == after[1]["generation"] != before[0]["generation"]
    assert group.status(pod_of(group, 0))["group"]["last_end"]["kind"] == "engine"
    assert_broke(seen, BREAK_SECONDS)
    seen.assert_honest(DETECTION_SECONDS)
    tell(capsys, f"engine killed in pod {' and '.join(map(str, who))}", seen)


@pytest.mark.parametrize("index", [0, 1], ids=["leader's", "worker's"])
def test_an_agent_that_dies_finds_its_engine_again(group, clients, node, index, capsys):
    before = [facts(group, each) for each in (0, 1)]
    states = group.kube.read("pod", pod_of(group, index))["status"]["containerStatuses"]
    agent = next(each["containerID"] for each in states if each["name"] == GATEWAY)

    def is_back() -> bool:
        count = facts(group, index)["restarts"][GATEWAY]
        return count > before[index]["restarts"][GATEWAY] and all(map(is_ready, group.pods()))

    seen = watch(group, clients, lambda: node.kill_first_process(agent), is_back, SHORT)
    for old, new in zip(before, [facts(group, each) for each in (0, 1)], strict=True):
        for same in ("uid", "generation", "processes"):
            assert old[same] == new[same], "the engine has to be adopted, not started again"
    (stream,) = seen.streams
    assert stream["done"] or (index == 0 and stream["error"]), stream
    seen.assert_honest(0 if index else DETECTION_SECONDS)
    tell(capsys, f"agent killed in pod {index}", seen)


@pytest.mark.parametrize("index", [0, 1], ids=["leader's", "worker's"])
def test_a_deleted_pod_loses_nothing_and_comes_back(group, clients, index, capsys):
    before = [facts(group, each) for each in (0, 1)]

    def delete() -> None:
        group.kube.ok("delete", "pod", pod_of(group, index), "--wait=false")

    seen = watch(group, clients, delete, lambda: has_healed(group, before[0]), SHORT)
    after = [facts(group, each) for each in (0, 1)]
    assert after[index]["uid"] != before[index]["uid"]
    assert after[1 - index]["uid"] == before[1 - index]["uid"]
    assert after[1 - index]["restarts"] == before[1 - index]["restarts"]
    assert after[0]["generation"] == after[1]["generation"] != before[0]["generation"]
    assert seen.streams[0]["done"], seen.streams
    seen.assert_honest(0)
    tell(capsys, f"pod {index} deleted", seen)


# Something hangs


def hang(group: Release) -> None:
    """Stops every process of the worker's engine: as one that waits for a device for ever.

    Of this engine and no later one: a hang at start is another event, with another deadline.
    """
    pid = facts(group, 1)["pid"]
    group.exec(ENGINE, "sh", "-c", f"kill -s STOP -- -{pid}", pod=pod_of(group, 1))


def test_an_engine_that_hangs_is_noticed_by_lack_of_progress(group, clients, capsys):
    before = facts(group, 0)
    seen = watch(group, clients, lambda: hang(group), lambda: has_healed(group, before))
    assert group.status(pod_of(group, 0))["group"]["last_end"]["kind"] == "stall"
    assert_broke(seen, STALL_BOUND)
    assert seen.broke_after > STALL_SECONDS - 1
    seen.assert_honest(STALL_BOUND)
    tell(capsys, f"worker's engine hangs, noticed within {STALL_BOUND:.1f} s", seen)


def test_a_hang_that_nobody_waits_for_is_noticed_with_the_first_request(group, clients, capsys):
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
    assert STALL_SECONDS < noticed < STALL_BOUND
    with capsys.disabled():
        print(
            f"\nidle hang: unseen for {STALL_BOUND:.1f} s without requests; the first request was "
            f"refused after {noticed:.1f} s"
        )
