"""Heads of the engine's replies."""

from wings_infer.errors import BadMessage
from wings_infer.wire.replies import parse_reply

REFUSED = {
    "no version": b"200 OK",
    "old version": b"HTTP/0.9 200 OK",
    "two digits": b"HTTP/1.1 20 OK",
    "bare lf": b"HTTP/1.1 200 OK\nA: b",
    "obs-fold": b"HTTP/1.1 200 OK\r\nA: b\r\n c",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: one",
    "length and chunked": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
    "chunked twice": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "gzip": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip",
}


HAS_BODY = {
    (b"GET", b"200 OK"): True,
    (b"HEAD", b"200 OK"): False,
    (b"GET", b"204 No Content"): False,
    (b"GET", b"304 Not Modified"): False,
    (b"POST", b"100 Continue"): False,
}


def is_accepted(head):
    try:
        parse_reply(head + b"\r\n\r\n", b"GET")
    except BadMessage:
        return False
    return True


def test_refused():
    assert [case for case, head in REFUSED.items() if is_accepted(head)] == []


def test_which_replies_have_a_body():
    head = b"HTTP/1.1 %b\r\nContent-Length: 5\r\n\r\n"
    found = {(method, line): parse_reply(head % line, method).has_body for method, line in HAS_BODY}
    assert found == HAS_BODY


def test_hop_by_hop_fields_do_not_travel():
    reply = parse_reply(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nKeep-Alive: 5\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET",
    )
    assert (reply.fields, reply.chunked, reply.keep_alive) == (b"\r\nA: b", True, False)


def test_a_reply_without_length_ends_with_its_connection():
    reply = parse_reply(b"HTTP/1.1 200 OK\r\n\r\n", b"GET")
    assert (reply.until_close, reply.keep_alive) == (True, False)


def test_a_missing_reason_is_allowed():
    assert parse_reply(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b"GET").line == b"HTTP/1.1 200 "
