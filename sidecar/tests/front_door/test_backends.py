"""Which pod gets a request, and what happens when it cannot, or does not, take it."""

import threading

import pytest
from support.crowd import Crowd
from support.raw_client import Cut
from support.waiting import LIMIT_SECONDS, wait_for

NOT_TAKEN = b"X-Wings-Not-Taken: yes"


def echo(side):
    body = side.read_body()
    side.reply(body)
    return body


def refuse(side):
    side.read_body()
    side.reply(b'{"error": {"message": "not serving"}}', b"503 X", NOT_TAKEN, b"Retry-After: 7")


def test_the_least_busy_pod_is_asked(start_door, start_pod):
    one, two, go = start_pod(b"one"), start_pod(b"two"), threading.Event()
    door = start_door(one, two)
    for pod in (one, two):
        pod.script("/v1/slow", lambda side: go.wait(LIMIT_SECONDS) and echo(side))
    with Crowd(door.port, "/v1/slow", [b"{}"] * 6) as crowd:
        door.wait_demand(0, 6)
        wait_for(lambda: (one.count("/v1/slow"), two.count("/v1/slow")) == (3, 3))
        door.know(one)
        with Crowd(door.port, "/v1/slow", [b"{}"] * 2) as more:
            wait_for(lambda: one.count("/v1/slow") == 5)
            door.know(one, two)
            assert {door.post("/v1/who").body for _ in range(2)} == {b"two"}
            go.set()
            answers = crowd.answers() + more.answers()
    assert all(answer.startswith(b"HTTP/1.1 200") for _, answer in answers)


def test_equally_busy_pods_take_turns(start_door, start_pod):
    pods = [start_pod(b"one"), start_pod(b"two"), start_pod(b"three")]
    door = start_door(*pods)
    names = [door.post("/v1/who").body for _ in range(9)]
    assert sorted(names[:3]) == sorted(names[3:6]) == [b"one", b"three", b"two"]


def test_connections_are_kept(start_door, start_pod):
    pod = start_pod()
    door = start_door(pod)
    for _ in range(20):
        assert door.post("/v1/who").status == 200
    assert len(pod.connections) == 1


def test_where_nobody_listens_another_pod_is_asked(start_door, start_pod):
    dead, alive = start_pod(b"dead"), start_pod(b"alive")
    dead.stop_listening()
    door = start_door(dead, alive, WINGS_BACKENDS_ASIDE_SECONDS="60")
    assert [door.post("/v1/who", b"x" * 30000).body for _ in range(4)] == [b"alive"] * 4
    assert door.metric('wings_resent_total{reason="connect"}') == 1
    assert door.metric("wings_backends_aside") == 1


def test_who_was_set_aside_is_asked_again_later(start_door, start_pod):
    pod = start_pod()
    pod.stop_listening()
    door = start_door(pod)
    with door.client() as client:
        client.send(b"POST /v1/who HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        wait_for(lambda: door.metric('wings_resent_total{reason="connect"}') > 1)
        pod.listen()
        assert client.read_reply().body == b"pod"
    assert pod.count("/v1/who") == 1


def test_a_pod_that_closes_at_once_is_no_answer(start_door, start_pod):
    rude, alive = start_pod(b"rude"), start_pod(b"alive")
    door = start_door(rude, alive)
    rude.script("/v1/who", lambda side: side.hang_up())
    replies = [door.post("/v1/who") for _ in range(2)]
    assert sorted(reply.status for reply in replies) == [200, 502]  # it had read the request
    assert rude.count("/v1/who") == 1


@pytest.mark.parametrize("size", [2, 60000])
def test_what_a_pod_did_not_take_another_gets(start_door, start_pod, size):
    sick, well = start_pod(), start_pod()
    sick.script("/v1/echo", refuse)
    got = well.script("/v1/echo", echo)
    door = start_door(sick, well, WINGS_BACKENDS_ASIDE_SECONDS="60")
    bodies = [bytes([65 + number]) * size for number in range(3)]
    replies = [door.post("/v1/echo", body) for body in bodies]
    wait_for(lambda: len(got) == len(bodies), "the last script to end")
    assert [reply.body for reply in replies] == bodies == got
    assert sick.count("/v1/echo") == 1
    assert door.metric('wings_resent_total{reason="not-taken"}') == 1


def test_what_no_pod_takes_is_held(start_door, start_pod):
    pod = start_pod()
    pod.script("/v1/who", refuse)
    door = start_door(pod)
    with door.client() as client:
        client.send(b"POST /v1/who HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        wait_for(lambda: pod.count("/v1/who") > 2)
        assert door.demand()["demand"] == 1
        pod.script("/v1/who", echo)
        assert client.read_reply().body == b"{}"


def test_a_refusal_without_the_mark_is_the_answer(start_door, start_pod):
    one, two = start_pod(), start_pod()
    for pod in (one, two):
        pod.script("/v1/no", lambda side: side.read_body() and side.reply(b"busy", b"503 X"))
        pod.script("/v1/lie", lambda side: side.read_body() and side.reply(b"x", b"500 X", NOT_TAKEN))
    door = start_door(one, two)
    reply = door.post("/v1/no")
    assert (reply.status, reply.body) == (503, b"busy")
    reply = door.post("/v1/lie")
    assert (reply.status, "x-wings-not-taken" in reply.fields) == (500, False)
    assert one.count("/v1/no") + two.count("/v1/no") == 1
    assert one.count("/v1/lie") + two.count("/v1/lie") == 1


def test_a_body_that_is_not_kept_is_not_sent_again(start_door, start_pod):
    sick, well = start_pod(), start_pod()
    for pod in (sick, well):
        pod.script("/v1/echo", refuse)
    door = start_door(sick, well)
    reply = door.post("/v1/echo", b"x" * 1_000_000)
    assert (reply.status, reply.fields["retry-after"]) == (503, "7")
    assert "x-wings-not-taken" not in reply.fields
    assert sick.count("/v1/echo") + well.count("/v1/echo") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_may_have_arrived_is_never_sent_again(start_door, start_pod, method):
    pods = [start_pod(), start_pod()]
    for pod in pods:
        pod.script("/v1/die", lambda side: side.read_body() or side.reset())
    door = start_door(*pods)
    for _ in pods:
        assert door.post("/v1/who").status == 200  # so that there are kept connections
    with door.client() as client:
        client.send(f"{method} /v1/die HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert client.read_reply().status == 502
    assert sum(pod.count("/v1/die") for pod in pods) == 1


def test_a_pod_that_dies_in_the_middle_is_a_visible_cut(start_door, start_pod):
    pods, go = [start_pod(), start_pod()], threading.Event()

    def die(side):
        side.read_body()
        side.begin_chunks()
        side.chunk(b"data: 1\n\n")
        go.wait(LIMIT_SECONDS)
        side.reset()

    for pod in pods:
        pod.script("/v1/stream", die)
    door = start_door(*pods)
    with door.client() as client:
        head = b"POST /v1/stream HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\n"
        client.send(head + b"x" * 50000)
        assert client.read_head().status == 200
        client.read_until(b"data: 1\n\n")
        assert door.metric("wings_held_bytes") < 1000  # what was begun with is not kept
        go.set()
        with pytest.raises((Cut, ConnectionResetError)):
            client.read_reply_rest()
    assert sum(pod.count("/v1/stream") for pod in pods) == 1
    lines = wait_for(lambda: [one for one in door.log_lines("request") if one["path"] == "/v1/stream"])
    assert [line["complete"] for line in lines] == [False]


def test_who_is_not_named_any_more_gets_nothing_new(start_door, start_pod):
    old, new, go = start_pod(b"old"), start_pod(b"new"), threading.Event()
    door = start_door(old)
    old.script("/v1/slow", lambda side: go.wait(LIMIT_SECONDS) and echo(side))
    with Crowd(door.port, "/v1/slow", [b"last words"]) as crowd:
        wait_for(lambda: old.count("/v1/slow") == 1)
        assert door.post("/v1/who").body == b"old"
        door.know(new)
        assert [door.post("/v1/who").body for _ in range(5)] == [b"new"] * 5
        wait_for(lambda: old.connections[1].socket.fileno() < 0, "the idle connection to be closed")
        go.set()
        assert crowd.answers()[0][1].endswith(b"last words")
    assert old.count("/v1/who") == 1


def test_while_nobody_can_tell_the_known_pods_count(start_door, start_pod):
    door = start_door(start_pod(b"known"))
    door.write_names("broken\n")
    wait_for(lambda: "cannot be looked up" in door.log())
    assert (door.backends, door.post("/v1/who").body) == (1, b"known")
    door.know()
    assert "ready pods of pods.test: none" in door.log()


@pytest.mark.parametrize("trouble", ["no pod", "refused", "not taken", "broken"])
def test_trouble_is_a_reason_to_look_at_the_name_at_once(start_door, start_pod, trouble):
    old, fresh = start_pod(b"old"), start_pod(b"fresh")
    known = [] if trouble == "no pod" else [old]
    door = start_door(*known, WINGS_BACKENDS_REFRESH_SECONDS="600", WINGS_BACKENDS_ASIDE_SECONDS="600")
    if trouble == "refused":
        old.stop_listening()
    scripts = {"not taken": refuse, "broken": lambda side: side.read_body() and side.reset()}
    old.script("/v1/who", scripts.get(trouble))
    door.lead_to(fresh)
    assert door.post("/v1/who").status == (502 if trouble == "broken" else 200)
    wait_for(lambda: door.names_told()[-1].endswith(f":{fresh.port}"))


def test_names_are_those_of_the_system(start_door, start_pod):
    """The program itself, with its own resolver."""
    pod = start_pod()
    door = start_door()
    door.stop()
    door.is_forked = False
    door.environment["WINGS_BACKENDS"] = f"127.0.0.1:{pod.port}"
    door.start()
    wait_for(lambda: door.backends >= 1)
    assert door.post("/v1/who").body == b"pod"
    door.stop()
    door.environment["WINGS_BACKENDS"] = f"no-such-name.invalid.:{pod.port}"
    door.start()
    wait_for(lambda: "ready pods of no-such-name.invalid.: none" in door.log())
    door.stop()
    door.environment["WINGS_BACKENDS"] = "no..name"
    door.start()
    wait_for(lambda: "no..name cannot be looked up" in door.log())


def test_a_real_gateway_that_is_not_ready_takes_nothing(start_door, start_agent, engine):
    agent = start_agent(ready=False)
    reply = agent.post("/v1/x")
    assert (reply.status, reply.fields["x-wings-not-taken"]) == (503, "yes")
    door = start_door(agent)
    with door.client() as client:
        client.send(b"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        wait_for(lambda: door.metric('wings_resent_total{reason="not-taken"}') > 1)
        wait_for((agent.shared_dir / "start_command.sh").exists)
        agent.report("running")
        assert client.read_reply().status == 200
    assert engine.count("/v1/x") == 1
