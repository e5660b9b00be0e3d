"""Requests that come while no pod is ready, or none has room."""

import threading
from collections import Counter

import pytest
from support.crowd import Crowd
from support.waiting import LIMIT_SECONDS, wait_for

WHO = b"POST /v1/who HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def echo(side):
    body = side.read_body()
    side.reply(body)
    return body


def test_a_request_at_zero_is_held_and_answered(start_door, start_pod):
    door = start_door()
    with door.client() as client:
        client.send(WHO)
        door.wait_demand(1, 0)
        door.lead_to(start_pod(b"first"))
        assert client.read_reply().body == b"first"
        door.wait_demand(0, 0)
        assert client.send(WHO).read_reply().body == b"first"
    assert door.metric("wings_held_seconds_count") == 1
    assert door.metric("wings_held_bytes") == 0


def test_first_come_first_served(start_door, start_pod):
    door = start_door(WINGS_MAX_IN_FLIGHT="1")
    clients = [door.client() for _ in range(5)]
    for number, client in enumerate(clients):
        client.send(WHO.replace(b"{}", b"%02d" % number).replace(b"/who", b"/echo"))
        door.wait_demand(number + 1, 0)
    pod = start_pod()
    order = pod.script("/v1/echo", echo)
    door.lead_to(pod)
    for number, client in enumerate(clients):
        assert client.read_reply().body == b"%02d" % number
        client.close()
    wait_for(lambda: len(order) == 5, "the last script to end")
    assert order == [b"%02d" % number for number in range(5)]


def test_who_comes_back_is_before_who_came_later(start_door, start_pod):
    door = start_door(WINGS_MAX_IN_FLIGHT="1", WINGS_BACKENDS_ASIDE_SECONDS="600")
    sick, well, go = start_pod(), start_pod(), threading.Event()

    def refuse_late(side):
        side.read_body()
        go.wait(LIMIT_SECONDS)
        side.reply(b"", b"503 X", b"X-Wings-Not-Taken: yes")

    sick.script("/v1/echo", refuse_late)
    order = well.script("/v1/echo", echo)
    door.know(sick)
    with Crowd(door.port, "/v1/echo", [b"first"]) as first:
        door.wait_demand(0, 1)
        with Crowd(door.port, "/v1/echo", [b"second"]) as second:
            door.wait_demand(1, 1)
            go.set()
            door.wait_demand(2, 0)
            door.lead_to(sick, well)
            assert first.answers()[0][1].endswith(b"first")
            assert second.answers()[0][1].endswith(b"second")
    wait_for(lambda: len(order) == 2, "the last script to end")
    assert order == [b"first", b"second"]


def test_more_than_a_pod_takes_waits(start_door, start_pod):
    door = start_door(WINGS_MAX_IN_FLIGHT="2")
    pod, go = start_pod(), threading.Event()
    pod.script("/v1/slow", lambda side: go.wait(LIMIT_SECONDS) and echo(side))
    with Crowd(door.port, "/v1/slow", [b"%d" % number for number in range(7)]) as crowd:
        door.know(pod)
        door.wait_demand(5, 2)
        wait_for(lambda: pod.count("/v1/slow") == 2, "what was sent to arrive")
        go.set()
        answers = crowd.answers()
    assert sorted(body for body, _ in answers) == [b"%d" % number for number in range(7)]
    assert all(answer.startswith(b"HTTP/1.1 200") and answer.endswith(body) for body, answer in answers)
    door.wait_demand(0, 0)


def test_nobody_waits_longer_than_the_deadline(start_door):
    door = start_door(WINGS_HOLD_SECONDS="0.5", MODEL_NAME="tiny")
    with door.client() as client:
        reply = client.send(WHO).read_reply()
        assert (reply.status, reply.fields["retry-after"]) == (503, "15")
        assert reply.message == "no pod of the model is ready, and the request waited 0.5 s for one"
        assert reply.json["error"]["type"] == "service_unavailable_error"
        assert client.get("/health").status == 200  # the connection goes on
    door.wait_demand(0, 0)
    assert door.metric('wings_refused_total{reason="deadline"}') == 1


def test_the_deadline_says_where_all_pods_are_full(start_door, start_pod):
    door = start_door(WINGS_HOLD_SECONDS="0.5", WINGS_MAX_IN_FLIGHT="1")
    pod, go = start_pod(), threading.Event()
    pod.script("/v1/slow", lambda side: go.wait(LIMIT_SECONDS) and echo(side))
    door.know(pod)
    with Crowd(door.port, "/v1/slow", [b"{}"]) as crowd:
        door.wait_demand(0, 1)
        assert door.post("/v1/slow").message.startswith("all ready pods of the model are full")
        go.set()
        assert crowd.answers()[0][1].startswith(b"HTTP/1.1 200")


def test_only_so_many_may_wait(start_door, start_pod):
    door = start_door(WINGS_MAX_WAITING="3")
    with Crowd(door.port, "/v1/who", [b"{}"] * 3) as crowd:
        door.wait_demand(3, 0)
        reply = door.post("/v1/who")
        assert (reply.status, reply.message) == (503, "too many requests are waiting")
        assert "retry-after" in reply.fields
        door.lead_to(start_pod())
        assert all(answer.startswith(b"HTTP/1.1 200") for _, answer in crowd.answers())
    assert door.metric('wings_refused_total{reason="waiting"}') == 1


def test_only_so_many_bytes_are_kept(start_door, start_pod):
    door = start_door(WINGS_HOLD_BYTES="100000")
    with Crowd(door.port, "/v1/who", [b"x" * 50000]) as crowd:
        door.wait_demand(1, 0)
        wait_for(lambda: door.metric("wings_held_bytes") > 50000)
        reply = door.post("/v1/who", b"x" * 60000)
        assert (reply.status, reply.message.split()[-2:]) == (503, ["large", "together"])
        door.wait_demand(1, 0)
        door.lead_to(start_pod())
        assert crowd.answers()[0][1].startswith(b"HTTP/1.1 200")
    wait_for(lambda: door.metric("wings_held_bytes") == 0)
    assert door.metric('wings_refused_total{reason="bytes"}') == 1


def test_heads_are_bytes_too(start_door):
    door = start_door(WINGS_HOLD_BYTES="2000")
    with door.client() as client, door.client() as other:
        for one in (client, other):
            one.send(b"GET /v1/x HTTP/1.1\r\nHost: x\r\nX: %b\r\n\r\n" % (b"x" * 1500))
        assert other.read_reply().message.endswith("too large together")
        door.wait_demand(1, 0)


def test_the_rest_of_a_large_body_waits_at_the_client(start_door, start_pod):
    door, pod = start_door(), start_pod()
    got = pod.script("/v1/echo", echo)
    body = bytes(range(256)) * 40000
    with Crowd(door.port, "/v1/echo", []) as crowd, door.client() as client:
        sender = threading.Thread(
            target=client.send,
            args=(
                b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
            ),
        )
        sender.start()
        wait_for(lambda: door.metric("wings_held_bytes") > 64 * 1024)
        assert door.metric("wings_held_bytes") < 400_000
        assert sender.is_alive()
        door.lead_to(pod)
        assert client.read_reply().body == body
        sender.join(LIMIT_SECONDS)
        assert crowd.answers() == []
    wait_for(lambda: got, "the script to end")
    assert got == [body]


def test_a_body_may_come_while_its_request_is_held(start_door, start_pod):
    door, pod = start_door(), start_pod()
    pod.script("/v1/echo", echo)
    with door.client() as client:
        client.send(b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc")
        door.wait_demand(1, 0)
        client.send(b"d")
        door.lead_to(pod)
        door.wait_demand(0, 1)
        assert client.send(b"ef").read_reply().body == b"abcdef"


@pytest.mark.parametrize("size", [2, 10_000_000], ids=["all-read", "not-read-to-its-end"])
def test_who_leaves_is_no_demand_and_reaches_no_pod(start_door, start_pod, size):
    door, pod = start_door(), start_pod()
    with door.client() as client, door.client() as other:
        client.socket.setblocking(False)
        head = b"POST /v1/who HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size
        client.socket.send(head + b"x" * min(size, 100_000))
        door.wait_demand(1, 0)
        other.send(WHO)
        door.wait_demand(2, 0)
        client.close()
        door.wait_demand(1, 0)
        door.lead_to(pod)
        assert other.read_reply().status == 200
    assert pod.count("/v1/who") == 1
    assert door.metric("wings_held_bytes") == 0


def test_a_thousand_at_zero_are_each_answered_once(start_door, start_pod):
    door = start_door(WINGS_MAX_IN_FLIGHT="64")
    pods = [start_pod(), start_pod()]
    seen = [pod.script("/v1/echo", echo) for pod in pods]
    bodies = [b"request %d" % number for number in range(1000)]
    with Crowd(door.port, "/v1/echo", bodies) as crowd:
        door.wait_demand(1000, 0)
        door.lead_to(*pods)
        answers = crowd.answers()
    assert [body for body, answer in answers if not answer.endswith(b"\r\n\r\n" + body)] == []
    assert Counter(answer.count(b"HTTP/1.1 ") for _, answer in answers) == {1: 1000}
    wait_for(lambda: len(seen[0] + seen[1]) == len(bodies), "the last script to end")
    assert Counter(seen[0] + seen[1]) == Counter(bodies)
    assert min(map(len, seen)) > 250
    door.wait_demand(0, 0)
    assert door.metric("wings_held_seconds_count") >= 1000 - 2 * 64
