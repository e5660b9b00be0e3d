"""Requests and replies on their way, with an engine that behaves."""

import json
import threading

import pytest
from support.scripted_engine import OK
from support.waiting import LIMIT_SECONDS, wait_for


@pytest.fixture
def agent(module_agent):
    return module_agent


@pytest.fixture
def engine(shared_engine):
    return shared_engine


def test_bytes_arrive_as_they_were_sent(agent, engine):
    body = bytes(range(256)) * 10
    engine.script("/v1/echo", lambda side: side.reply(side.read_body()))
    assert agent.post("/v1/echo", body).body == body


def test_target_and_fields_arrive(agent, engine):
    def show(side):
        side.reply(side.head)

    engine.script("/v1/show", show)
    head = agent.get("/v1/show?a=%20b&c", "X-Mine: ä", "Authorization: Bearer k").body
    line, *fields = head.split(b"\r\n")
    assert line == b"GET /v1/show?a=%20b&c HTTP/1.1"
    assert "X-Mine: ä".encode() in fields
    assert b"Authorization: Bearer k" in fields


def test_hop_by_hop_fields_stay_behind(agent, engine):
    engine.script(
        "/v1/hops",
        lambda side: side.reply(side.head, b"200 OK", b"Connection: X-Own", b"Keep-Alive: timeout=5"),
    )
    reply = agent.get("/v1/hops", "Connection: keep-alive, TE", "Keep-Alive: 3", "TE: trailers")
    assert reply.status == 200
    assert b"Keep-Alive" not in reply.body
    assert b"TE:" not in reply.body
    assert not {"connection", "keep-alive"} & set(reply.fields)


FORWARDED = ["/v1/chat/completions", "/v1/anything/else", "/tokenize", "/rerank", "/generate"]
NOT_FORWARDED = ["/", "/sleep", "/metrics", "/v1", "/reset_prefix_cache", "/livez", "/healthz"]


def test_these_paths_go_to_the_engine(agent, engine):
    before = {path: engine.count(path) for path in FORWARDED}
    assert {path: agent.post(path).status for path in FORWARDED} == dict.fromkeys(FORWARDED, 200)
    assert {path: engine.count(path) - before[path] for path in FORWARDED} == dict.fromkeys(FORWARDED, 1)


def test_these_paths_do_not(agent, engine):
    replies = {path: agent.post(path) for path in NOT_FORWARDED}
    found = {path: (one.status, one.json.get("error", {}).get("type")) for path, one in replies.items()}
    assert found == dict.fromkeys(NOT_FORWARDED, (404, "not_found_error"))
    assert [path for path in NOT_FORWARDED if engine.count(path)] == []


def test_the_engines_metrics_have_a_path_of_their_own(agent, engine):
    engine.script("/metrics", lambda side: side.reply(b"vllm:x 1\n"))
    assert agent.get("/engine/metrics").body == b"vllm:x 1\n"


def test_a_request_id_is_made_and_sent_both_ways(agent, engine):
    engine.script("/v1/id", lambda side: side.reply(side.fields["x-request-id"].encode()))
    reply = agent.get("/v1/id")
    assert reply.body.decode() == reply.fields["x-request-id"] != ""


def test_a_request_id_is_honoured(agent, engine):
    engine.script("/v1/id", lambda side: side.reply(side.fields["x-request-id"].encode()))
    reply = agent.get("/v1/id", "X-Request-ID: mine-1")
    assert (reply.body, reply.fields["x-request-id"]) == (b"mine-1", "mine-1")


def test_the_engines_request_id_wins(agent, engine):
    engine.script("/v1/own", lambda side: side.reply(b"", b"200 OK", b"X-Request-Id: engine-1"))
    assert agent.get("/v1/own").fields["x-request-id"] == "engine-1"


def test_statuses_pass(agent, engine):
    for status in (b"200 OK", b"400 Bad Request", b"404 Not Found", b"500 Oops", b"418"):
        engine.script("/v1/status", lambda side, status=status: side.reply(b"why", status))
        reply = agent.get("/v1/status")
        assert (reply.status, reply.body) == (int(status[:3]), b"why")


def test_head_has_no_body(agent, engine):
    engine.script("/v1/head", lambda side: side.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"))
    with agent.client() as client:
        client.send(b"HEAD /v1/head HTTP/1.1\r\nHost: x\r\n\r\n")
        reply = client.read_reply(head_only=True)
        assert reply.fields["content-length"] == "100"
        assert client.get("/v1/models").status == 200


def test_no_engine_can_say_that_nobody_has_begun(agent, engine):
    """Only the gateway knows; a front door would send the request again."""
    engine.script(
        "/v1/marked", lambda side: side.reply(b"", b"503 X", b"X-Wings-Not-Taken: yes", b"A: b")
    )
    reply = agent.get("/v1/marked")
    assert (reply.status, reply.fields["a"], "x-wings-not-taken" in reply.fields) == (503, "b", False)


@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
def test_statuses_without_a_body(agent, engine, status):
    engine.script("/v1/none", lambda side: side.send(b"HTTP/1.1 %b\r\n\r\n" % status))
    with agent.client() as client:
        assert client.get("/v1/none").status == int(status[:3])
        assert client.get("/v1/models").status == 200


def test_interim_replies_pass(agent, engine):
    def reply(side):
        side.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
        side.reply(b"done")

    engine.script("/v1/hints", reply)
    with agent.client() as client:
        first = client.get("/v1/hints")
        assert (first.status, first.fields["link"]) == (103, "</x>")
        assert client.read_reply().status == 102
        assert client.read_reply().body == b"done"


def test_interim_replies_stay_behind_for_http_1_0(agent, engine):
    engine.script("/v1/hints0", lambda side: side.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK))
    with agent.client() as client:
        client.send(b"GET /v1/hints0 HTTP/1.0\r\n\r\n")
        assert client.read_reply().status == 200


def test_expect_100_continue_is_the_engines_to_answer(agent, engine):
    def reply(side):
        assert side.fields["expect"] == "100-continue"
        side.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        side.reply(side.read_body())

    engine.script("/v1/expect", reply)
    with agent.client() as client:
        client.send(
            b"POST /v1/expect HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.read_reply().status == 100
        client.send(b"hello")
        assert client.read_reply().body == b"hello"


def test_a_100_nobody_asked_for_stays_behind(agent, engine):
    engine.script("/v1/unasked", lambda side: side.send(b"HTTP/1.1 100 Continue\r\n\r\n" + OK))
    assert agent.get("/v1/unasked").status == 200


def test_chunked_requests_arrive_whole(agent, engine):
    engine.script("/v1/chunked", lambda side: side.reply(side.read_until(b"0\r\n\r\n")))
    text = b"5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n"
    with agent.client() as client:
        client.send(b"POST /v1/chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for at in range(len(text)):
            client.send(text[at : at + 1])
        assert client.read_reply().body == text


def test_chunked_replies_pass_chunk_by_chunk(agent, engine):
    go_on = threading.Event()

    def reply(side):
        side.begin_chunks(b"Content-Type: text/event-stream")
        side.chunk(b"data: 1\n\n")
        go_on.wait(LIMIT_SECONDS)
        side.chunk(b"data: 2\n\n")
        side.send(b"0\r\n\r\n")

    engine.script("/v1/stream", reply)
    with agent.client() as client:
        client.send(b"GET /v1/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.read_head().fields["transfer-encoding"] == "chunked"
        assert client.read_until(b"\r\n") + client.read_until(b"\n\n") == b"9\r\ndata: 1\n\n"
        go_on.set()
        assert client.read_reply_rest() == b"data: 2\n\n"


def test_trailers_pass(agent, engine):
    def reply(side):
        side.begin_chunks(b"Trailer: X-Sum")
        side.chunk(b"abc")
        side.send(b"0\r\nX-Sum: 9\r\n\r\n")

    engine.script("/v1/trailers", reply)
    with agent.client() as client:
        reply = client.get("/v1/trailers")
        assert (reply.body, reply.trailers) == (b"abc", b"X-Sum: 9\r\n")
        assert client.get("/v1/models").status == 200


def test_a_reply_without_length_ends_with_its_connection(agent, engine):
    def reply(side):
        side.send(b"HTTP/1.1 200 OK\r\n\r\nall of it")
        side.hang_up()

    engine.script("/v1/close", reply)
    reply = agent.get("/v1/close")
    assert (reply.body, reply.fields["connection"]) == (b"all of it", "close")


def test_a_reply_of_http_1_0(agent, engine):
    def reply(side):
        side.send(b"HTTP/1.0 200 OK\r\n\r\nold")
        side.hang_up()

    engine.script("/v1/old", reply)
    assert agent.get("/v1/old").body == b"old"


def test_http_1_0_clients_get_no_chunks(agent, engine):
    def reply(side):
        side.begin_chunks()
        side.send(b"3\r\nab")
        side.send(b"c\r\n3\r\ndef\r\n0\r\n\r\n")

    engine.script("/v1/ten", reply)
    with agent.client() as client:
        client.send(b"GET /v1/ten HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        reply = client.read_reply()
        assert reply.body == b"abcdef"
        assert "transfer-encoding" not in reply.fields
        assert reply.fields["connection"] == "close"


def test_http_1_0_keeps_its_connection_only_when_asked(agent):
    with agent.client() as client:
        client.send(b"GET /v1/models HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
        assert client.read_reply().fields["connection"] == "keep-alive"
        client.send(b"GET /v1/models HTTP/1.0\r\n\r\n")
        assert client.read_reply().fields["connection"] == "close"
        assert client.is_closed()


def test_connection_close_is_kept(agent):
    with agent.client() as client:
        assert client.get("/v1/models", "Connection: close").fields["connection"] == "close"
        assert client.is_closed()


def test_pipelined_requests_are_answered_in_order(agent, engine):
    engine.script("/v1/n", lambda side: side.reply(side.path.split("?")[1].encode()))
    with agent.client() as client:
        text = b"".join(b"GET /v1/n?%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(200))
        client.send(text + b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert [client.read_reply().body for _ in range(200)] == [
            b"%d" % number for number in range(200)
        ]
        assert client.read_reply().json["status"] == "healthy"


def test_pipelined_requests_with_bodies(agent, engine):
    engine.script("/v1/echo", lambda side: side.reply(side.read_body()))
    one = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
    two = b"POST /v1/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
    with agent.client() as client:
        client.send(one + b"abc" + two + b"de" + one + b"fgh")
        assert [client.read_reply().body for _ in range(3)] == [b"abc", b"de", b"fgh"]


def test_a_very_long_pipeline_is_held_back_not_lost(agent, engine):
    engine.script("/v1/n", lambda side: side.reply(side.path.split("?")[1].encode()))
    count = 3000
    with agent.client() as client:
        text = b"".join(
            b"GET /v1/n?%d HTTP/1.1\r\nHost: x\r\nPad: %b\r\n\r\n" % (number, b"x" * 100)
            for number in range(count)
        )
        sender = threading.Thread(target=client.send, args=(text,))
        sender.start()
        assert [client.read_reply().body for _ in range(count)] == [b"%d" % n for n in range(count)]
        sender.join()


def test_an_empty_line_before_a_request_is_forgiven(agent):
    with agent.client() as client:
        client.send(b"\r\n")
        assert client.get("/v1/models").status == 200


def test_a_head_may_come_byte_by_byte(agent):
    with agent.client() as client:
        for byte in b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n":
            client.send(bytes([byte]))
        assert client.read_reply().status == 200


def test_engine_connections_are_used_again(agent, engine):
    agent.get("/v1/models")
    before = len(engine.connections)
    with agent.client() as client:
        for _ in range(20):
            client.get("/v1/models")
    # Health requests have connections of their own.
    assert sum(b"/v1/models" in side.head for side in engine.connections[before:]) == 0


def test_large_bodies_pass_both_ways(agent, engine):
    size = 30_000_000

    def echo(side):
        side.read_exactly(size)
        side.reply(b"x" * size)

    engine.script("/v1/large", echo)
    assert len(agent.post("/v1/large", b"y" * size).body) == size


def test_websockets_pass(agent, engine):
    def upgrade(side):
        assert side.fields["upgrade"] == "websocket"
        accept = side.fields["sec-websocket-key"].encode()
        side.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\nhello" % accept
        )
        while data := side.rest or side.socket.recv(100):
            side.rest = b""
            side.send(b"<" + data + b">")

    engine.script("/v1/realtime", upgrade)
    with agent.client() as client:
        client.send(
            b"GET /v1/realtime HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: k\r\n\r\nearly"
        )
        reply = client.read_reply()
        assert (reply.status, reply.fields["upgrade"], reply.fields["sec-websocket-accept"]) == (
            101,
            "websocket",
            "k",
        )
        assert client.read_until(b">") == b"hello<early>"
        client.send(b"late")
        assert client.read_until(b">") == b"<late>"


def test_a_refused_upgrade_is_an_ordinary_reply(agent, engine):
    engine.script("/v1/realtime2", lambda side: side.reply(b"no", b"403 Forbidden"))
    with agent.client() as client:
        fields = ["Connection: Upgrade", "Upgrade: websocket"]
        assert client.get("/v1/realtime2", *fields).status == 403
        assert client.get("/v1/models").status == 200


def test_local_answers_drain_small_bodies(agent):
    with agent.client() as client:
        assert client.post("/nope", b"x" * 1000).status == 404
        assert client.get("/health").status == 200


def test_head_of_a_local_page(agent):
    with agent.client() as client:
        client.send(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert int(client.read_reply(head_only=True).fields["content-length"]) > 0
        assert client.get("/health").status == 200


def test_local_pages_are_read_only(agent):
    reply = agent.post("/health")
    assert (reply.status, reply.fields["allow"]) == (405, "GET, HEAD")


def test_the_access_log_has_one_line_a_request_and_no_prompt(agent):
    agent.post("/v1/chat/completions", b'{"prompt": "secret"}', "X-Request-Id: logged-1")
    lines = wait_for(lambda: [one for one in agent.log_lines("request") if one["id"] == "logged-1"])
    assert lines[0]["path"] == "/v1/chat/completions"
    assert (lines[0]["status"], lines[0]["bytes_in"], lines[0]["bytes_out"]) == (200, 20, 2)
    assert json.dumps(lines[0]).count("secret") == 0
    assert "secret" not in agent.log()
