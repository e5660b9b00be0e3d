"""Where bodies end, fed in every possible pair of pieces."""

from itertools import islice

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
    b"5\rhello\r\n", b"0\r\n" + b"X: " + b"y" * 5000, b"1;" + b"y" * 5000, b"0\r\n" + (b"X: " + b"y" * 95 + b"\r\n") * 1000,
]  # fmt: skip


def pieces(data):
    for cut in range(len(data) + 1):
        yield data[:cut], data[cut:]


def feed(cut):
    """(payload, whether the body is whole) after these pieces."""
    body = Chunked()
    return b"".join(chunked_payload(body, piece) for piece in cut), body.done


def count_taken(cut):
    """How many pieces are taken before one is refused."""
    body, taken = Chunked(), 0
    try:
        for piece in cut:
            body.feed(piece)
            taken += 1
    except BadMessage:
        pass
    return taken


def test_chunks_in_pieces():
    cuts = [(cut, payload) for data, payload in GOOD for cut in pieces(data)]
    assert [(cut, feed(cut)) for cut, payload in cuts if feed(cut) != (payload, True)] == []


def test_chunks_byte_by_byte():
    found = [(data, *feed(data[at : at + 1] for at in range(len(data)))) for data, _ in GOOD]
    assert found == [(data, payload, True) for data, payload in GOOD]


def test_malformed_chunks_are_refused_however_they_are_cut():
    cuts = [cut for data in BAD for cut in [*islice(pieces(data), 60), (data, b"")]]
    assert [shown(cut) for cut in cuts if count_taken(cut) == len(cut)] == []


def test_nothing_is_passed_on_that_could_end_a_body_elsewhere():
    """A line feed without its carriage return never leaves, not even as a beginning."""
    taken = {data: count_taken(data[at : at + 1] for at in range(len(data))) for data in BAD}
    assert [shown([data]) for data, count in taken.items() if count == len(data)] == []
    alone = [data for data, count in taken.items() if b"\n" in data[:count].replace(b"\r\n", b"")]
    assert list(map(shown, alone)) == []


def shown(cut):
    return [piece[:30] for piece in cut]


def test_what_follows_the_body_is_not_the_bodys():
    bodies = [b"0\r\n\r\n", b"3\r\nabc\r\n0\r\nA: b\r\n\r\n"]
    for data in bodies:
        body = Chunked()
        assert (data, body.feed(data + b"GET / HTTP/1.1"), body.done) == (data, len(data), True)


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
