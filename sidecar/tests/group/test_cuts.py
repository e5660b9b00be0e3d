"""Peers that cannot reach each other, and peers that talk nonsense."""

import json

import pytest
from support.agent import Agent
from support.group import TIMES, Group
from support.waiting import wait_for

from wings_infer.control.clock import uptime
from wings_infer.group.peers import LONGEST_RETRY_SECONDS, RETRY_SECONDS
from wings_infer.group.settings import GroupSettings


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    running = Group(tmp_path_factory.mktemp("group"), is_cuttable=True)
    try:
        running.start()
        running.wait_ready()
        yield running
    finally:
        running.stop()


def misses_the_worker(leader):
    """On a starved machine it may be unready for another reason first."""
    health = leader.health()
    return health.status == 503 and (
        "the group is not whole: pod-1 does not answer" in health.json["reason"]
    )


def test_a_short_cut_heals_without_a_restart(group):
    old, engines = group.wait_ready(), [pod.engine_pid() for pod in group.pods]
    group.cut()
    wait_for(lambda: misses_the_worker(group.leader), "the detection")
    group.heal()
    group.wait_ready()
    assert (group.generation(), [pod.engine_pid() for pod in group.pods]) == (old, engines)


def test_a_long_cut_ends_the_generation_on_both_sides_and_heals(group):
    old = group.wait_ready()
    worker = group.pods[1]
    group.cut()
    wait_for(lambda: group.generation() != old, "the end")
    wait_for(lambda: worker.engine_pid() is None, "the end of the worker's lease")
    assert group.leader.engine_pid() is None or group.leader.group_status()["phase"] == "gather"
    wait_for(lambda: worker.health().status == 200, "a worker that waits")
    group.heal()
    group.wait_other_generation(old)


def answer(**changes):
    document = {
        "v": 1, "group": "ns/g", "index": 0, "size": 2, "pod": "leader", "name": "", "node": "", "boot": "ab",
        "template": ":", "asked": False, "terminating": False, "phase": "start",
        "generation": "1-0123456789abcdef", "members": ["leader", "me"], "reason": "",
    }  # fmt: skip
    return json.dumps(document | changes).encode()


NONSENSE = {
    "no JSON": b"\xff" * 100,
    "too long": b" " * 9000 + answer(),
    "an array": b"[" * 4000,
    "another version": answer(v=2),
    "a version that is true": answer(v=True),
    "another group": answer(group="ns/other"),
    "another size": answer(size=3),
    "another index": answer(index=1),
    "an odd generation": answer(generation="1-0123456789abcde$(id)"),
    "an odd member": answer(members=["leader", {"me": 1}]),
    "a strange phase": answer(phase="explode"),
    "other members": answer(members=["leader", "somebody"]),
    "another template": answer(template="x:"),
    "nothing": b"",
}


ODD_REPLIES = (b"304 Not Modified", b"500 Oops", b"301 Moved")


def test_nonsense_of_a_leader_starts_nothing(shared_dir, engine):
    replies = [(b"200 OK", content) for content in NONSENSE.values()]
    replies += [(status, answer()) for status in ODD_REPLIES]
    given = []

    def reply(side):
        status, content = replies[len(given) % len(replies)]
        given.append(status)
        side.reply(b"" if b"304" in status else content, status, b'ETag: "1"', b"Location: /other")

    engine.script("/group", reply)
    agent = stray_worker(shared_dir, engine.port)
    try:
        wait_for(lambda: len(given) > len(replies))
        assert not (shared_dir / "start_command.sh").exists()
        assert agent.status()["group"]["joined"] is None
        assert {method for method, _ in engine.requests} == {"GET"}
    finally:
        agent.close()


def test_the_right_answer_does_start_an_engine(shared_dir, engine):
    """So that the tests above cannot pass for another reason."""
    engine.script("/group", lambda side: side.reply(answer(), b"200 OK", b'ETag: "1"'))
    agent = stray_worker(shared_dir, engine.port)
    try:
        wait_for((shared_dir / "start_command.sh").exists)
        assert agent.launch() == "1-0123456789abcdef"
        assert (shared_dir / "lease.txt").read_text().endswith(" 1-0123456789abcdef\n")
    finally:
        agent.close()


def stray_worker(shared_dir, leader_port):
    beat = shared_dir / "engine_beat.txt"
    agent = Agent(
        shared_dir, leader_port, LWS_GROUP_SIZE="2", LWS_WORKER_INDEX="1", WINGS_GROUP="ns/g", POD_UID="me",
        LWS_LEADER_ADDRESS=f"127.0.0.1:{leader_port}", **TIMES,
    )  # fmt: skip
    agent.start()
    agent.report("waiting", launch="none")
    beat.write_text(str(uptime() + 0.9))
    return agent


def seconds_unheard(phase, cut, settings):
    """From the sending of the last GET that was answered to the next that is, with a cut in between.

    The cut comes `phase` seconds before the GET that waits then would have been answered.
    """
    waits_since = phase - settings.hold
    answered = waits_since - settings.hold
    now, pause = waits_since + settings.patience, RETRY_SECONDS
    while True:
        now += pause
        arrivals = [now, now + 1]  # the kernel's second attempt to connect
        reached = [at for at in arrivals if cut <= at < now + settings.patience / 2]
        if reached:
            return reached[0] - answered
        now, pause = now + settings.patience / 2, min(2 * pause, LONGEST_RETRY_SECONDS)


def test_a_cut_of_five_seconds_is_over_before_any_lease():
    settings = GroupSettings(size=2)
    worst = max(seconds_unheard(number / 100, 5.0, settings) for number in range(201))
    whole_seconds = 1  # the entrypoint's clock
    assert 9 < worst < settings.lease - whole_seconds - 1
