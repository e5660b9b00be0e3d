"""Pods that end: nothing accepted is lost, workers outlive their leader's work, groups take turns."""

import threading
import time

import pytest
from support.group import Group
from support.waiting import LIMIT_SECONDS, wait_for

QUICK = {
    "WINGS_DRAIN_DELAY_SECONDS": "0.5",
    "WINGS_DRAIN_SECONDS": "60",
}
PATIENT = {"WINGS_GROUP_LEASE_SECONDS": "15"}
"""A busy machine may need longer than the usual lease to start an agent again."""


@pytest.fixture
def start_group(tmp_path):
    started = []

    def start(name="ns/a", **options):
        started.append(Group(tmp_path / name.replace("/", "-"), name=name, **QUICK | options))
        return started[-1].start()

    yield start
    for group in started:
        group.stop()


class Stream:
    """A stream of a client, read to its end beside the test."""

    def __init__(self, agent, count, seconds):
        self.client = agent.client()
        self.client.send(f"GET /v1/stream/{count}/{seconds} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        self.client.read_until(b"data: 3\n\n")
        self.text = b""
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self):
        self.text = self.client.read_reply_rest()

    def wait(self):
        self.thread.join(LIMIT_SECONDS)
        self.client.close()
        return self.text


def test_a_group_that_is_scaled_down_finishes_what_it_took(start_group):
    group = start_group()
    group.wait_ready()
    stream = Stream(group.leader.agent, 60, 0.05)
    for pod in reversed(group.pods):
        pod.end()
    wait_for(lambda: group.leader.health().status == 503, "not ready")
    assert stream.wait().endswith(b"data: 59\n\n")
    for pod in group.pods:
        pod.wait_end()
    assert not group.leader.agent.log().count("is cut")
    assert "lease is over" not in "".join(pod.script.log for pod in group.pods)


def test_clients_are_sent_away_before_they_are_refused(start_group):
    """A worker ends and the leader stays: whoever keeps a connection must not be refused on it."""
    group = start_group(WINGS_DRAIN_DELAY_SECONDS="3")
    group.wait_ready()
    stream = Stream(group.leader.agent, 100, 0.05)
    with group.leader.agent.client() as busy, group.leader.agent.client() as idle:
        for client in (busy, idle):
            assert client.post("/v1/x").fields.get("connection") != "close"
        group.pods[1].end()
        wait_for(lambda: group.leader.group_status()["phase"] == "drain", "the drain")
        reply = busy.post("/v1/x")
        assert (reply.status, reply.fields["connection"]) == (200, "close")
        assert idle.read_to_end() == b""
    late = group.leader.agent.post("/v1/x")
    assert (late.status, late.fields["connection"]) == (503, "close")
    assert stream.wait().endswith(b"data: 99\n\n")


def test_one_worker_that_ends_lets_the_group_drain_and_form_again(start_group):
    group = start_group()
    old = group.wait_ready()
    stream = Stream(group.leader.agent, 60, 0.05)
    worker = group.pods[1]
    worker.end()
    wait_for(lambda: group.leader.group_status()["phase"] == "drain", "the drain")
    assert group.leader.health().status == 503
    assert stream.wait().endswith(b"data: 59\n\n")
    worker.wait_end()
    assert group.leader.agent.process.poll() is None
    worker.make()
    worker.start()
    group.wait_other_generation(old)
    assert group.leader.agent.post("/v1/x").status == 200


def test_a_pod_that_ends_while_it_gathers_ends_at_once(start_group):
    group = start_group(size=2)
    leader = group.leader
    wait_for(lambda: leader.group_status()["phase"] == "gather", "the beginning")
    leader.end()
    leader.wait_end()


@pytest.mark.parametrize("index", [0, 1])
def test_a_killed_agent_adopts_and_nothing_stops(start_group, index):
    group = start_group(**PATIENT)
    old, engines = group.wait_ready(), [pod.engine_pid() for pod in group.pods]
    agent = group.pods[index].agent
    agent.stop()
    agent.start()
    wait_for(lambda: group.leader.group_status()["members_seen"] == 2, "all agents")
    group.wait_ready()
    now = group.generation(), [pod.engine_pid() for pod in group.pods]
    assert now == (old, engines), group.logs()
    assert group.leader.agent.post("/v1/x").status == 200


def test_an_agent_that_is_told_to_end_alone_stops_nothing(start_group):
    group = start_group(**PATIENT)
    old, engines = group.wait_ready(), [pod.engine_pid() for pod in group.pods]
    worker = group.pods[1]
    worker.agent.term()
    assert worker.agent.wait_end() == 0
    worker.agent.start()
    wait_for(lambda: group.leader.group_status()["members_seen"] == 2, "the worker's agent")
    group.wait_ready()
    assert (group.generation(), [pod.engine_pid() for pod in group.pods]) == (old, engines)


def test_groups_take_turns(start_group):
    first = start_group("ns/a")
    second = start_group(
        "ns/b",
        WINGS_LOWER_LEADERS=f"{first.leader.host}:{first.cluster_port}",
        WINGS_TURN_SECONDS="600",
        WINGS_TURN_QUIET_SECONDS="1",
    )
    old = first.wait_ready()
    second.wait_ready()
    for group in (first, second):
        group.pods[1].end()
    wait_for(lambda: second.pods[1].group_status()["asked_to_end"], "SIGTERM")
    first.pods[1].wait_end()
    assert second.leader.health().status == 200
    assert second.leader.agent.post("/v1/x").status == 200
    assert not second.pods[1].group_status()["terminating"]
    first.pods[1].make()
    first.pods[1].start()
    first.wait_other_generation(old)
    second.pods[1].wait_end()


def test_a_turn_is_waited_for_no_longer_than_said(start_group):
    group = start_group(
        WINGS_LOWER_LEADERS="127.0.0.1:1", WINGS_TURN_SECONDS="2", WINGS_TURN_QUIET_SECONDS="600"
    )
    group.wait_ready()
    asked = time.monotonic()
    group.pods[1].end()
    group.pods[1].wait_end()
    assert time.monotonic() - asked >= 2


def test_a_group_that_still_gathers_ends_without_a_turn_or_a_start(start_group):
    group = start_group(
        WINGS_LOWER_LEADERS="127.0.0.1:1", WINGS_TURN_SECONDS="600", WINGS_TURN_QUIET_SECONDS="600"
    )
    wait_for(lambda: group.leader.group_status()["phase"] == "gather", "the leader")
    for pod in group.pods:
        pod.end()
    for pod in group.pods:
        pod.wait_end()
    assert "orders the engine to start" not in group.logs()


def test_a_worker_without_an_engine_ends_without_a_turn_though_it_hears_no_leader(start_group):
    """The leader's pod has no place, or went before this one came."""
    group = start_group(
        WINGS_LOWER_LEADERS="127.0.0.1:1", WINGS_TURN_SECONDS="600", WINGS_TURN_QUIET_SECONDS="600"
    )
    group.leader.vanish()
    worker = group.pods[1]
    wait_for(worker.agent.listens, "the worker")
    worker.end()
    worker.wait_end()
