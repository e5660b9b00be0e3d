"""POST /generate before an engine that has only /v1/completions."""

import json

import pytest
from support.raw_client import Cut

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


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b'"x"', b"[" * 100_000], ids=range(6))
def test_nonsense_is_refused_here(agent, completions, body):
    reply = agent.post("/generate", body)
    assert (reply.status, reply.json["error"]["type"]) == (400, "invalid_request_error")
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
