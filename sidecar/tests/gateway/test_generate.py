"""POST /generate before an engine that has only /v1/completions."""

import json
from functools import partial

import pytest
from support.in_memory import MemoryGateway
from support.judges import Read, assert_both_read
from support.raw_client import Cut
from support.waiting import wait_for

from wings_infer.gateway.generate_exchange import BODY_LIMIT

COMPLETION = {
    "id": "c", "model": "tiny", "choices": [{"index": 0, "text": "你好", "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip
SHAPE = {"text": "你好", "model": "tiny", "finish_reason": "stop", "usage": COMPLETION["usage"]}


@pytest.fixture
def agent(start_agent):
    return start_agent(WINGS_ENGINE_GENERATE="translate")


@pytest.fixture
def completions(engine):
    """The bodies the engine got."""
    seen = []

    def reply(side):
        seen.append(json.loads(side.read_body()))
        side.reply(json.dumps(COMPLETION).encode(), b"200 OK", b"Content-Type: application/json")

    engine.script("/v1/completions", reply)
    return seen


def test_the_answer_has_the_documented_shape(agent, completions):
    body = json.dumps({"prompt": "hi", "max_tokens": 5, "temperature": 0.5}).encode()
    reply = agent.post("/generate", body, "Accept-Encoding: gzip")
    assert (reply.status, reply.json) == (200, SHAPE)
    assert reply.fields["content-type"] == "application/json"
    assert completions == [{"prompt": "hi", "max_tokens": 5, "temperature": 0.5}]


def test_a_chunked_request_and_one_that_expects_100(agent, completions):
    with agent.client() as client:
        client.send(
            b"POST /generate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.read_reply().status == 100
        client.send(b'8\r\n{"prompt\r\n7\r\n":"hi"}\r\n0\r\n\r\n')
        assert client.read_reply().json == SHAPE
        assert client.post("/generate", b'{"prompt":"again"}').json == SHAPE
    assert completions == [{"prompt": "hi"}, {"prompt": "again"}]


def test_http_1_0(agent, completions):
    with agent.client() as client:
        client.send(b'POST /generate HTTP/1.0\r\nContent-Length: 15\r\n\r\n{"prompt":"hi"}')
        assert json.loads(client.read_reply().body) == SHAPE


def test_streams_have_the_same_pieces(agent, engine):
    def reply(side):
        side.read_body()
        side.begin_chunks(b"Content-Type: text/event-stream; charset=utf-8")
        for number in range(3):
            piece = {"model": "tiny", "choices": [{"text": f"t{number}", "finish_reason": None}]}
            text = b"data: " + json.dumps(piece).encode() + b"\n\n"
            side.chunk(text[:11])
            side.chunk(text[11:])
        side.chunk(b"data: [DONE]\n\n")
        side.send(b"0\r\n\r\n")

    engine.script("/v1/completions", reply)
    reply = agent.post("/generate", b'{"prompt": "hi", "stream": true}')
    events = reply.body.decode().split("\n\n")
    assert [json.loads(event[6:])["text"] for event in events[:3]] == ["t0", "t1", "t2"]
    assert events[3:] == ["data: [DONE]", ""]
    assert reply.fields["content-type"].startswith("text/event-stream")


def test_nonsense_is_refused_here(agent, completions):
    bodies = [b"", b"not json", b"[]", b"{}", b'"x"', b"[" * 100_000]
    replies = [agent.post("/generate", body) for body in bodies]
    found = [(reply.status, reply.json["error"]["type"]) for reply in replies]
    assert found == [(400, "invalid_request_error")] * len(bodies)
    assert completions == []


def test_the_engines_errors_pass_as_they_are(agent, engine):
    engine.script("/v1/completions", lambda side: side.read_body() and side.reply(b"no", b"422 No"))
    assert agent.post("/generate", b'{"prompt":1}').status == 422


def test_an_engine_that_answers_no_json_breaks_the_reply(agent, engine):
    engine.script("/v1/completions", lambda side: side.read_body() and side.reply(b"not json"))
    with agent.client() as client:
        try:
            assert client.post("/generate", b'{"prompt":1}').status == 502
        except Cut:  # the head had gone out before
            pass


def test_only_post(agent):
    assert agent.get("/generate").status == 405


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_has_a_limit_of_its_own(agent, completions, is_chunked):
    prompt = b'{"prompt":"%b"}' % (b"x" * (BODY_LIMIT - 13))
    assert len(prompt) == BODY_LIMIT
    with agent.client() as client:
        assert client.send(post(prompt, is_chunked)).read_reply().json == SHAPE
        reply = client.send(post(prompt + b" ", is_chunked)[:-1]).read_reply()
        assert (reply.status, reply.fields["connection"]) == (413, "close")
        assert (
            reply.message == "a body for /generate has at most 1048576 bytes; /v1/completions takes more"
        )
    assert len(completions) == 1


def test_unfinished_bodies_take_their_places_like_all_requests(start_agent, completions):
    agent = start_agent(
        WINGS_ENGINE_GENERATE="translate", WINGS_MAX_IN_FLIGHT="1", WINGS_MAX_WAITING="1"
    )
    clients = []
    for name in ("in_flight", "waiting"):
        clients.append(agent.client().send(post(b'{"prompt":1}')[:-1]))
        wait_for(partial(agent.metric, f"wings_requests_{name}"))
    with agent.client() as client:
        assert client.send(post(b'{"prompt":1}')[:-1]).read_reply().status == 429
    for client in clients:
        assert client.send(b"}").read_reply().json == SHAPE
        client.close()


def test_a_body_that_stops_gives_its_place_back(start_agent, completions):
    agent = start_agent(
        WINGS_ENGINE_GENERATE="translate", WINGS_MAX_IN_FLIGHT="1", WINGS_BODY_TIMEOUT_SECONDS="0.2"
    )
    with agent.client() as client:
        assert client.send(post(b'{"prompt":1}')[:-1]).read_reply().status == 408
    assert agent.post("/generate", b'{"prompt":1}').json == SHAPE


@pytest.fixture
def full():
    """A gateway with one place, which an unfinished body has; `finish` makes it free."""
    gateway = MemoryGateway(is_open=False, generate="translate", max_in_flight=1)
    first = gateway.connect()
    first.data_received(post(b'{"prompt":1}')[:-1])

    def finish():
        first.data_received(b"}")
        gateway.answer()

    gateway.finish = finish
    return gateway


def test_who_waits_for_a_place_keeps_little_and_goes_on_with_it(full):
    client, rest = full.client, b"x" * 130_000
    body = b'{"prompt":"%b"}' % (b"x" * 70_000 + rest)
    client.data_received(post(body).removesuffix(rest + b'"}'))
    assert client.transport.is_paused
    full.finish()
    assert not client.transport.is_paused
    client.data_received(rest + b'"}')
    (connection,) = full.pool.connections
    bodies = [json.dumps(json.loads(text)).encode() for text in (b'{"prompt":1}', body)]
    meant = [Read(b"POST", b"/v1/completions", text, is_whole=True) for text in bodies]
    assert_both_read(bytes(connection.transport.sent), meant)


def test_a_body_that_is_asked_for_comes_when_there_is_a_place(full):
    head, body = post(b'{"prompt":2}').split(b"\r\n\r\n")
    full.client.data_received(head + b"\r\nExpect: 100-continue\r\n\r\n")
    assert not full.client.transport.sent
    full.finish()
    assert full.client.transport.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    full.client.data_received(body)
    full.answer()
    assert full.client.transport.sent.count(b"HTTP/1.1 200 OK") == 1


def test_what_cannot_be_translated_does_not_wait_for_a_place(full):
    full.client.data_received(post(b"[]"))
    assert full.client.transport.sent.startswith(b"HTTP/1.1 400 ")


def post(body, is_chunked=False):
    start = b"POST /generate HTTP/1.1\r\nHost: x\r\n"
    if is_chunked:
        return start + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    return start + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
