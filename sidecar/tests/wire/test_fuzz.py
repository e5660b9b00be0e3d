"""Anything at all as input: refused or understood in one way only, whatever the pieces."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.clients import HIDDEN, INNER, NAMES, Meant
from support.in_memory import MemoryGateway
from support.judges import assert_both_read

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
FEWER = settings(FEW, max_examples=150)
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b",", b"\0", b"GET", b"POST", b" / ", b"HTTP/1.1", b"HTTP/1.0",
    b"Host: x", b"Content-Length: ", b"Transfer-Encoding: ", b"chunked", b"Connection: ", b"close", b"5", b"0",
    b"Upgrade: websocket", b"Expect: 100-continue", b"\xff", b"X", b";", b"-", b"+", b"a" * 50,
]  # fmt: skip
HEADS = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=25).map(b"".join)
GOOD = [
    b"GET /v1/good HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /v1/good HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /v1/good HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
]
SIZES = st.lists(st.integers(1, 60), max_size=30)
CLIENTS = st.builds(
    Meant,
    method=st.sampled_from([b"GET", b"POST", b"PUT"]),
    version=st.sampled_from([b"1.1", b"1.1", b"1.1", b"1.0"]),
    body=st.one_of(st.binary(max_size=40), st.sampled_from([b"", HIDDEN, INNER, b"0\r\n\r\n"])),
    framing=st.sampled_from([b"length", b"chunked"]),
    chunk_size=st.integers(1, 50),
    extension=st.sampled_from([b"", b"", b"", b";a=b", b" ;x HTTP/1.1"]),
    trailers=st.lists(
        st.sampled_from([b"X-Sum: 1", b"Content-Length: 3", b"X-Request-Id: a"]), max_size=1
    ),
    connection=st.lists(st.sampled_from(NAMES), max_size=3),
    fields=st.lists(st.sampled_from(NAMES), max_size=4, unique=True),
    is_upper=st.booleans(),
)
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
CHUNKS = st.lists(CHUNK_PIECES, max_size=6).map(b"".join)


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


@FEWER
@given(st.lists(CLIENTS, min_size=1, max_size=4), SIZES, st.booleans())
@example(
    [
        Meant(
            body=INNER, framing=b"chunked", extension=b" ;x HTTP/1.1", connection=[b"transfer-encoding"]
        )
    ],
    [],
    True,
)
@example([Meant(body=HIDDEN, connection=[b"content-length"])], [], True)
@example([Meant(version=b"1.0", body=b"abc", connection=[b"keep-alive"])] * 2, [], False)
def test_an_engine_reads_the_requests_that_clients_meant(requests, sizes, at_once):
    """Whatever is forwarded: h11 and httptools find the client's requests, in order, and no others."""
    gateway = MemoryGateway()
    asked = [(b"/v1/%d" % number, request) for number, request in enumerate(requests)]
    data = b"".join(request.text(target) for target, request in asked)
    gateway.send(cut(data, sizes), answers_at_once=at_once)
    whole = []
    for sent, meant in gateway.at_engines():
        assert_both_read(sent, meant)
        whole += [request for request in meant if request.is_whole]
    expected = [request.read(target) for target, request in asked]
    assert sorted(whole, key=by_target) == expected[: len(whole)]
    if not any(request.may_be_refused for request in requests):
        assert len(whole) == len(requests), bytes(gateway.client.transport.sent)


@FEWER
@given(st.lists(st.one_of(HEADS, CHUNKS, st.sampled_from(GOOD)), max_size=6), SIZES, st.booleans())
@example([b"CONNECT /v1/a HTTP/1.1\r\nHost: x\r\n\r\n", GOOD[0]], [], True)
@example(
    [b"POST /v1/a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", GOOD[0]],
    [],
    True,
)
@example(
    [b"GET /v1/a HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", GOOD[0]],
    [],
    True,
)
def test_an_engine_reads_what_was_understood_whatever_came(pieces, sizes, at_once):
    """Noise between good requests: the engine's parsers never see more or less than this program did."""
    gateway = MemoryGateway()
    gateway.send(cut(b"".join(pieces), sizes), answers_at_once=at_once)
    for sent, meant in gateway.at_engines():
        assert_both_read(sent, meant)


def by_target(request):
    return request.target


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
