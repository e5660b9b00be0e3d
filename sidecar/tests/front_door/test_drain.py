"""The end of a door: nobody new, who is here is served, the rest is told so."""

import json
import threading

import pytest
from support.crowd import Crowd
from support.raw_client import Cut
from support.waiting import LIMIT_SECONDS, wait_for

WHO = b"POST /v1/who HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def refuses(door):
    try:
        door.client().close()
    except ConnectionRefusedError:
        return True
    return False


def test_an_idle_door_ends_at_once(start_door):
    door = start_door()
    door.term()
    assert door.wait_end() == 0


def test_late_comers_are_served_during_the_delay(start_door, start_pod):
    door = start_door(start_pod(), WINGS_DRAIN_DELAY_SECONDS="2")
    door.term()
    wait_for(lambda: door.get("/health").status == 503)
    assert door.get("/health").json["status"] == "draining"
    reply = door.post("/v1/who")
    assert (reply.status, reply.fields["connection"]) == (200, "close")
    assert door.wait_end() == 0


def test_running_and_held_requests_are_finished(start_door, start_pod):
    door, pod, go = start_door(WINGS_MAX_IN_FLIGHT="1"), start_pod(), threading.Event()
    pod.script("/v1/who", lambda side: side.read_body() and go.wait(LIMIT_SECONDS) and side.reply())
    with Crowd(door.port, "/v1/who", [b"{}"] * 3) as crowd:
        door.know(pod)
        door.wait_demand(2, 1)
        door.term()
        wait_for(lambda: refuses(door))
        door.wait_demand(2, 1)  # KEDA may still see it
        go.set()
        assert [answer[:12] for _, answer in crowd.answers()] == [b"HTTP/1.1 200"] * 3
    assert door.wait_end() == 0


def test_at_the_deadline_nobody_is_left_without_a_word(start_door, start_pod):
    door = start_door(WINGS_DRAIN_SECONDS="2", WINGS_MAX_IN_FLIGHT="2")
    pod = start_pod()

    def begin(side):
        side.read_body()
        side.begin_chunks()
        side.chunk(b"data: 1\n\n")
        side.gateway_hung_up()

    pod.script("/v1/stream", begin)
    pod.script("/v1/who", lambda side: side.read_body() and side.gateway_hung_up())
    door.know(pod)
    with door.client() as running, door.client() as silent, door.client() as held, door.client() as told:
        running.send(WHO.replace(b"who", b"stream"))
        assert running.read_head().status == 200
        silent.send(WHO)
        door.wait_demand(0, 2)
        held.send(WHO)
        told.send(WHO.replace(b"Host: x", b"Host: x\r\nX-Wings-Keep-Alive: 1"))
        assert told.read_head().status == 200
        door.wait_demand(2, 2)
        door.term()
        with pytest.raises((Cut, ConnectionResetError)):
            running.read_reply_rest_at_chunk()
        for client in (silent, held):
            reply = client.read_reply()
            assert (reply.status, reply.fields["retry-after"]) == (503, "1")
            assert reply.message == "the front door ends: ask again"
        error = json.loads(told.read_reply_rest_at_chunk().rpartition(b"data: ")[2])["error"]
        assert error["message"] == "the front door ends: ask again"
    assert door.wait_end() == 0
    assert "4 requests are cut" in door.log()
