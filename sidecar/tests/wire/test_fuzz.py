"""Anything at all as input: refused or understood in one way only, whatever the pieces."""

import httptools
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wings_infer.errors import BadMessage, BadRequest
from wings_infer.wire.framing import Chunked, chunked_payload
from wings_infer.wire.replies import parse_reply
from wings_infer.wire.requests import parse_request

FEW = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],  # says more of the machine than of the data
)
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b"\0", b"GET", b"POST", b" / ", b"HTTP/1.1", b"HTTP/1.0",
    b"Host: x", b"Content-Length: ", b"Transfer-Encoding: ", b"chunked", b"Connection: ", b"close", b"5", b"0",
    b"Upgrade: websocket", b"Expect: 100-continue", b"\xff", b"X", b";", b"-", b"+", b"a" * 50,
]  # fmt: skip
HEADS = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=25).map(b"".join)
NAMES = st.sampled_from(
    [b"Host", b"A", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Keep-Alive"]
)
VALUES = st.sampled_from([b"x", b"1", b"1, 1", b"chunked", b"close", b"A", b"", b" 7 ", b"gzip", b"\t0"])
FIELD_LISTS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
CHUNK_PIECES = st.sampled_from(
    [
        b"0",
        b"1",
        b"5",
        b"a",
        b"\r\n",
        b"\n",
        b"\r",
        b"hello",
        b";",
        b"x=y",
        b" ",
        b"X: y",
        b"f" * 16,
        b"-",
        b"\0",
    ]
)


@FEW
@given(HEADS)
@example(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
def test_a_head_is_refused_or_understood(text):
    request = parsed(text)
    if isinstance(request, BadRequest):
        assert 400 <= request.status <= 505
    else:
        assert b"\n" not in request.fields.replace(b"\r\n", b"")
        assert not (request.chunked and request.length)


def parsed(text):
    try:
        return parse_request(text + b"\r\n\r\n", 32)
    except BadRequest as error:
        return error


@FEW
@given(HEADS)
def test_a_reply_is_refused_or_understood(text):
    try:
        reply = parse_reply(b"HTTP/1.1 200 " + text + b"\r\n\r\n", b"GET")
    except BadMessage:
        return
    assert b"\n" not in reply.fields.replace(b"\r\n", b"")


@FEW
@given(st.sampled_from([b"GET", b"POST"]), FIELD_LISTS)
def test_what_travels_on_is_framed_the_same_for_another_parser(method, fields):
    """What is accepted here must mean the same to the engine: llhttp reads what would be sent to it."""
    block = b"".join(b"%b: %b\r\n" % field for field in fields)
    try:
        request = parse_request(b"%b / HTTP/1.1\r\n%b\r\n" % (method, block), 32)
    except BadRequest:
        return
    seen = Seen()
    parser = httptools.HttpRequestParser(seen)
    parser.feed_data(b"%b %b HTTP/1.1%b\r\n\r\n" % (request.method, request.target, request.fields))
    if request.chunked:
        parser.feed_data(b"3\r\nabc\r\n0\r\n\r\n")
    else:
        parser.feed_data(b"abc"[: request.length] * (request.length <= 3))
    assert seen.complete or request.length > 3
    assert len(seen.body) == (3 if request.chunked else min(request.length, 3) * (request.length <= 3))


class Seen:
    def __init__(self):
        self.complete, self.body = False, b""

    def on_body(self, data):
        self.body += data

    def on_message_complete(self):
        self.complete = True


@FEW
@given(st.lists(CHUNK_PIECES, max_size=20).map(b"".join), st.lists(st.integers(1, 9), max_size=8))
def test_chunks_mean_the_same_in_any_pieces(data, sizes):
    assert outcome([data]) == outcome(cut(data, sizes))


@FEW
@given(
    st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.lists(st.integers(1, 40), max_size=30)
)
def test_every_payload_comes_back(chunks, sizes):
    data = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    body = Chunked()
    assert b"".join(chunked_payload(body, piece) for piece in cut(data, sizes)) == b"".join(chunks)
    assert body.done


def cut(data, sizes):
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


def outcome(pieces):
    body, payload, used = Chunked(), b"", 0
    try:
        for piece in pieces:
            body.spans = []
            end = body.feed(piece)
            payload += b"".join(piece[start:stop] for start, stop in body.spans)
            used += end
            if body.done:
                return payload, used, "done"
    except BadMessage:
        return "malformed"
    return payload, used, "more"
