"""Heads of requests: what is refused, and what travels on."""

from wings_infer.errors import BadRequest
from wings_infer.wire.requests import parse_request

REFUSED = {
    "no version": (b"GET /\r\nHost: x", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: x", 400),
    "tab in line": (b"GET\t/ HTTP/1.1\r\nHost: x", 400),
    "control in target": (b"GET /a\x01 HTTP/1.1\r\nHost: x", 400),
    "utf-8 in target": ("GET /ä HTTP/1.1\r\nHost: x".encode(), 400),
    "http/2": (b"PRI * HTTP/2.0", 505),
    "http/0.9": (b"GET / HTTP/0.9\r\nHost: x", 505),
    "method with colon": (b"G:T / HTTP/1.1\r\nHost: x", 400),
    "no host": (b"GET / HTTP/1.1", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: x\r\nHost: x", 400),
    "bad host": (b"GET / HTTP/1.1\r\nHost: a b", 400),
    "host with path": (b"GET / HTTP/1.1\r\nHost: a/b", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost: x\r\nA : b", 400),
    "space before name": (b"GET / HTTP/1.1\r\nHost: x\r\n A: b", 400),
    "obs-fold": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c", 400),
    "obs-fold first": (b"GET / HTTP/1.1\r\n Host: x", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost: x\r\nA", 400),
    "empty name": (b"GET / HTTP/1.1\r\nHost: x\r\n: b", 400),
    "nul in value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: \0", 400),
    "bare cr in value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc", 400),
    "bare lf in value": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\nC: d", 400),
    "bare lf after line": (b"GET / HTTP/1.1\nHost: x", 400),
    "two lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2", 400),
    "the same length twice": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\ncontent-length: 1", 400),
    "a list of lengths": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1", 400),
    "negative length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1", 400),
    "signed length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1", 400),
    "hex length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1", 400),
    "empty length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length:", 400),
    "huge length": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999", 400),
    "length and chunked": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
    "chunked twice": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
    "chunked and more": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked", 501),
    "chunked, disguised": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked", 501),
    "identity": (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity", 501),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked", 400),
    "length named hop-by-hop": (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: content-length", 400),
    "chunked named hop-by-hop": (b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked", 400),
    "expect named hop-by-hop": (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: expect", 400),
    "framing named that is not there": (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: transfer-encoding", 400),
    "host named hop-by-hop": (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Host", 400),
    "what a proxy added named hop-by-hop": (b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: a\r\nConnection: x-forwarded-for", 400),
    "the request's id named hop-by-hop": (b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\nConnection: keep-alive, x-request-id", 400),
    "any other field named hop-by-hop": (b"GET / HTTP/1.1\r\nHost: x\r\nX-Own: a\r\nConnection: keep-alive\r\nConnection: X-OWN", 400),
    "a tunnel": (b"CONNECT /v1/a HTTP/1.1\r\nHost: x", 501),
    "an unknown method": (b"get / HTTP/1.1\r\nHost: x", 501),
    "unknown expectation": (b"POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1", 417),
    "dot segments": (b"GET /v1/../admin HTTP/1.1\r\nHost: x", 400),
    "encoded dot segments": (b"GET /v1/%2E%2e/admin HTTP/1.1\r\nHost: x", 400),
    "backslash": (b"GET /v1\\..\\admin HTTP/1.1\r\nHost: x", 400),
    "fragment": (b"GET /v1#x HTTP/1.1\r\nHost: x", 400),
    "relative target": (b"GET v1/models HTTP/1.1\r\nHost: x", 400),
    "authority target": (b"GET x:443 HTTP/1.1\r\nHost: x", 400),
    "many fields": (b"GET / HTTP/1.1\r\nHost: x" + b"\r\nA: b" * 40, 431),
}  # fmt: skip


def parse(text):
    return parse_request(text + b"\r\n\r\n", 32)


def refusal(text):
    """The status of the refusal; None: the head is accepted."""
    try:
        parse(text)
    except BadRequest as error:
        return error.status
    return None


def test_refused():
    found = {case: refusal(text) for case, (text, _) in REFUSED.items()}
    assert found == {case: status for case, (_, status) in REFUSED.items()}


def test_a_plain_request():
    request = parse(b"POST /v1/x?y=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nA: b")
    assert (request.method, request.target, request.path) == (b"POST", b"/v1/x?y=1", b"/v1/x")
    assert (request.length, request.chunked, request.keep_alive) == (7, False, True)
    assert request.head() == (
        b"POST /v1/x?y=1 HTTP/1.1\r\nHost: x\r\nA: b\r\nContent-Length: 7\r\nX-Request-Id: \r\n\r\n"
    )


def test_hop_by_hop_fields_do_not_travel():
    request = parse(
        b"POST / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, TE, trailer, X-Not-Here\r\nKeep-Alive: 5\r\n"
        b"TE: trailers\r\nTrailer: A\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Connection: x\r\n"
        b"Proxy-Authorization: x\r\nTransfer-Encoding: CHUNKED\r\nStays: 1"
    )
    assert request.fields == b"\r\nHost: x\r\nStays: 1"
    assert request.own_fields == b"\r\nTransfer-Encoding: chunked"


KEEP_ALIVE = {
    b"1.1": True,
    b"1.1\r\nConnection: close": False,
    b"1.1\r\nConnection: Close, x": False,
    b"1.1\r\nConnection: keep-alive, close": False,
    b"1.0": False,
    b"1.0\r\nConnection: Keep-Alive": True,
}


def test_keep_alive():
    found = {rest: parse(b"GET / HTTP/%b\r\nHost: x" % rest).keep_alive for rest in KEEP_ALIVE}
    assert found == KEEP_ALIVE


def test_an_absolute_target_loses_its_authority():
    assert parse(b"GET http://x:80/v1?q HTTP/1.1\r\nHost: x").target == b"/v1?q"
    assert parse(b"GET http://x HTTP/1.1\r\nHost: x").target == b"/"


def test_a_websocket_upgrade_travels():
    request = parse(
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket"
    )
    assert request.upgrade
    assert request.own_fields == b"\r\nConnection: Upgrade\r\nUpgrade: websocket"


def request_ids(*values):
    return [parse(b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + one).request_id for one in values]


def test_a_request_id_is_honoured():
    assert request_ids(b"abc-1", b"A.b_c:d/e+f=@") == [b"abc-1", b"A.b_c:d/e+f=@"]


def test_a_strange_request_id_is_not():
    assert request_ids(b"", b"a b", b'"', b"x" * 129) == [b""] * 4


def test_expectations_that_make_no_sense_are_dropped():
    assert b"Expect" not in parse(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue").head()
    kept = parse(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-Continue")
    assert kept.expects_continue
    assert kept.own_fields == b"\r\nContent-Length: 1\r\nExpect: 100-continue"
