"""Where bodies end, fed in every possible pair of pieces."""

from itertools import islice

import pytest

from wings_infer.errors import BadMessage
from wings_infer.wire.framing import Chunked, Length, UntilClose, chunked_payload

GOOD = [
    (b"0\r\n\r\n", b""),
    (b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
    (b"005\r\nhello\r\n1\r\n!\r\n000\r\n\r\n", b"hello!"),
    (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    (b"2\r\n\r\n\r\n0\r\nX-Sum: 1\r\nX-More:\r\n\r\n", b"\r\n"),
]
BAD = [
    b"\r\n", b"g\r\n", b"-1\r\n", b"+5\r\nhello\r\n", b"0x5\r\nhello\r\n", b"5_0\r\n", b" 5\r\nhello\r\n",
    b"5\nhello\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloXX", b"0\r\nnot a field\r\n\r\n",
    b"0\r\n\n", b"5;a\nb\r\nhello\r\n", b"5;\0\r\nhello\r\n", b"1" * 16 + b"\r\n", b"5 x\r\nhello\r\n",
    b"5;name=value\r\nhello\r\n0\r\n\r\n", b'5 ; q="a b"\r\nhello\r\n', b"5\r\nhello\r\n0;x\r\n\r\n", b"0\r\nX-Request-Id: a\r\n\r\n",
    b"0\r\nX-Forwarded-For: a\r\n\r\n", b"0\r\nCookie: a\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n X: 1\r\n\r\n",
    b"5\rhello\r\n", b"0\r\n" + b"X: " + b"y" * 5000, b"1;" + b"y" * 5000, b"0\r\n" + b"X: y\r\n" * 20000,
]  # fmt: skip


def pieces(data):
    for cut in range(len(data) + 1):
        yield data[:cut], data[cut:]


@pytest.mark.parametrize(("data", "payload"), GOOD)
def test_chunks_in_pieces(data, payload):
    for first, second in pieces(data):
        body = Chunked()
        assert chunked_payload(body, first) + chunked_payload(body, second) == payload
        assert body.done


@pytest.mark.parametrize(("data", "payload"), GOOD)
def test_chunks_byte_by_byte(data, payload):
    body = Chunked()
    assert b"".join(chunked_payload(body, data[at : at + 1]) for at in range(len(data))) == payload
    assert body.done


@pytest.mark.parametrize("data", BAD, ids=lambda data: repr(data[:30]))
def test_malformed_chunks_are_refused_however_they_are_cut(data):
    for first, second in [*islice(pieces(data), 60), (data, b"")]:
        body = Chunked()
        with pytest.raises(BadMessage):
            body.feed(first)
            body.feed(second)


@pytest.mark.parametrize("data", BAD, ids=lambda data: repr(data[:30]))
def test_nothing_is_passed_on_that_could_end_a_body_elsewhere(data):
    """A line feed without its carriage return never leaves, not even as a beginning."""
    body = Chunked()
    passed = 0
    with pytest.raises(BadMessage):
        for at in range(len(data)):
            passed = at
            body.feed(data[at : at + 1])
    assert b"\n" not in data[:passed].replace(b"\r\n", b"")


@pytest.mark.parametrize("data", [b"0\r\n\r\n", b"3\r\nabc\r\n0\r\nA: b\r\n\r\n"])
def test_what_follows_the_body_is_not_the_bodys(data):
    body = Chunked()
    assert body.feed(data + b"GET / HTTP/1.1") == len(data)
    assert body.done


def test_length():
    body = Length(5)
    assert body.feed(b"abc") == 3
    assert not body.done
    assert body.feed(b"dexyz") == 2
    assert body.done


def test_length_of_nothing_is_done():
    assert Length(0).done


def test_until_close_never_ends_by_itself():
    body = UntilClose()
    assert body.feed(b"abc") == 3
    assert not body.done
