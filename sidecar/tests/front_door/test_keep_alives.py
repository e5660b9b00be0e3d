"""Comments for clients that asked for them while they wait, and what follows."""

import json
import threading
import time

import pytest
from support.raw_client import Cut
from support.waiting import LIMIT_SECONDS, wait_for

ASKS = (
    b"POST /v1/stream HTTP/1.1\r\nHost: x\r\nX-Wings-Keep-Alive: 1\r\nAccept-Encoding: gzip\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
EVENTS = b"data: 1\n\ndata: [DONE]\n\n"


def stream(side):
    side.read_body()
    side.begin_chunks(b"Content-Type: text/event-stream")
    side.chunk(b"data: 1\n\n")
    side.chunk(b"data: [DONE]\n\n")
    side.send(b"0\r\n\r\n")
    return side.fields


def comments_first(client):
    """Sends what asks for comments, and reads the head and one of them."""
    head = client.send(ASKS).read_head()
    assert (head.status, head.fields["content-type"][:17]) == (200, "text/event-stream")
    assert head.fields["x-request-id"]
    assert client.read_until(b"\n\n\r\n") == b"b\r\n: waiting\n\n\r\n"
    return head


def test_a_stream_follows_its_comments(start_door, start_pod):
    door, pod = start_door(), start_pod()
    seen = pod.script("/v1/stream", stream)
    with door.client() as client:
        comments_first(client)
        client.read_until(b": waiting\n\n\r\n")
        door.lead_to(pod)
        assert client.read_reply_rest_at_chunk().replace(b": waiting\n\n", b"") == EVENTS
        assert client.get("/health").status == 200  # the connection goes on
    wait_for(lambda: seen, "the script to end")
    assert "accept-encoding" not in seen[0]
    line = wait_for(lambda: door.log_lines("request"))[0]
    assert (line["status"], line["complete"]) == (200, True)


def test_time_outs_count_from_when_a_pod_has_the_request(start_door, start_pod):
    limits = {f"WINGS_{name}_TIMEOUT_SECONDS": "5" for name in ("FIRST_BYTE", "REPLY", "BODY")}
    door, pod = start_door(**limits), start_pod()
    swept = 1.0  # a few times longer than from one look at the clock to the next

    def think(side):
        time.sleep(swept)
        stream(side)

    pod.script("/v1/stream", think)
    with door.client() as client:
        comments_first(client)
        for _ in range(5):
            client.read_until(b": waiting\n\n\r\n")
        door.lead_to(pod)
        assert client.read_reply_rest_at_chunk().endswith(EVENTS)


def test_without_waiting_nothing_is_different(start_door, start_pod):
    pod = start_pod()
    seen = pod.script("/v1/stream", stream)
    door = start_door(pod)
    with door.client() as client:
        reply = client.send(ASKS).read_reply()
    wait_for(lambda: seen, "the script to end")
    assert (reply.body, seen[0]["accept-encoding"]) == (EVENTS, "gzip")


@pytest.mark.parametrize(
    "change",
    [(b"X-Wings-Keep-Alive: 1", b"X-Other: 1"), (b"Alive: 1", b"Alive: soon"), (b"Alive: 1", b"Alive: 0"),
     (b"POST", b"GET"), (b"Host: x", b"Host: x\r\nExpect: 100-continue")],
)  # fmt: skip
def test_who_did_not_ask_gets_the_status_it_waited_for(start_door, change):
    door = start_door(WINGS_HOLD_SECONDS="2")
    with door.client() as client:
        assert client.send(ASKS.replace(*change)).read_reply().status == 503


def test_too_late_is_an_event(start_door):
    door = start_door(WINGS_HOLD_SECONDS="2")
    with door.client() as client:
        comments_first(client)
        body = client.read_reply_rest_at_chunk()
    error = json.loads(body.rpartition(b"data: ")[2])["error"]
    assert (error["code"], error["type"]) == (503, "service_unavailable_error")
    assert body.endswith(b"}\n\n")
    assert wait_for(lambda: door.log_lines("request"))[0]["status"] == 503
    door.wait_demand(0, 0)


@pytest.mark.parametrize(
    ("status", "body", "event"),
    [
        (b"400 X", b'{"error": {"message": "no"}}', b'data: {"error": {"message": "no"}}\n\n'),
        (b"200 OK", b'{\r\n "choices": []\n}', b'data: {\ndata:  "choices": []\ndata: }\n\n'),
    ],
)
def test_a_reply_that_is_no_stream_becomes_an_event(start_door, start_pod, status, body, event):
    door, pod = start_door(), start_pod()
    pod.script("/v1/stream", lambda side: side.read_body() and side.reply(body, status))
    with door.client() as client:
        comments_first(client)
        door.lead_to(pod)
        assert client.read_reply_rest_at_chunk().replace(b": waiting\n\n", b"") == event
        assert client.get("/health").status == 200


@pytest.mark.parametrize(
    "reply",
    [b"500 X\r\nContent-Length: 0", b"204 X", b"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1"],
)
def test_a_reply_that_cannot_be_an_event_is_an_error(start_door, start_pod, reply):
    door, pod = start_door(), start_pod()
    body = b"x" if b": 1" in reply else b""
    pod.script(
        "/v1/stream",
        lambda side: side.read_body() and side.send(b"HTTP/1.1 " + reply + b"\r\n\r\n" + body),
    )
    with door.client() as client:
        comments_first(client)
        door.lead_to(pod)
        rest = client.read_reply_rest_at_chunk()
    assert json.loads(rest.rpartition(b"data: ")[2])["error"]["code"] in (500, 502)


def test_a_stream_that_breaks_after_comments_is_cut(start_door, start_pod):
    door, pod, go = start_door(), start_pod(), threading.Event()

    def die(side):
        side.read_body()
        side.begin_chunks(b"Content-Type: text/event-stream")
        side.chunk(b"data: 1\n\n")
        go.wait(LIMIT_SECONDS)
        side.reset()

    pod.script("/v1/stream", die)
    with door.client() as client:
        comments_first(client)
        door.lead_to(pod)
        client.read_until(b"data: 1\n\n")
        go.set()
        with pytest.raises((Cut, ConnectionResetError)):
            client.read_reply_rest()
    assert pod.count("/v1/stream") == 1


def test_who_leaves_after_comments_is_no_demand(start_door):
    door = start_door()
    with door.client() as client:
        comments_first(client)
        door.wait_demand(1, 0)
    door.wait_demand(0, 0)
