"""Heads in what comes, and how much is looked at for them."""

import sys

import pytest

from wings_infer.errors import BadRequest
from wings_infer.wire.incoming import Incoming

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a:\r\n" * 15_000 + b"\r\n"
LIMIT = 65536


class Counted(bytearray):
    """Counts the bytes that are looked at; what is not counted here cannot be called."""

    looked_at = 0

    def _look(self, start):
        Counted.looked_at += len(self) - start

    def find(self, what, start):
        self._look(start)
        return super().find(what, start)

    def count(self, what, start):
        self._look(start)
        return super().count(what, start)

    def __getitem__(self, key):
        part = super().__getitem__(key)
        Counted.looked_at += len(part)
        return part

    index = rfind = split = __contains__ = __iter__ = None


def heads(*pieces, limit=LIMIT):
    incoming, found = Incoming(), []
    for piece in pieces:
        incoming.add(piece)
        while incoming.left and (head := incoming.next_head(limit)) is not None:
            found.append(head)
    return found


def test_two_heads_in_two_pieces():
    data = HEAD + HEAD
    found = {cut: heads(data[:cut], data[cut:]) for cut in range(len(data))}
    assert {cut: one for cut, one in found.items() if one != [HEAD, HEAD]} == {}


def test_heads_byte_by_byte():
    assert heads(*[b"%c" % byte for byte in HEAD * 3]) == [HEAD] * 3


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_each_byte_is_looked_at_a_few_times_however_a_head_is_cut(size):
    incoming, Counted.looked_at = Incoming(Counted), 0
    for at in range(0, len(LONG), size):
        incoming.add(LONG[at : at + size])
        head = incoming.next_head(LIMIT)
    assert head == LONG
    assert Counted.looked_at < 12 * len(LONG)


def test_empty_lines_are_forgiven_however_many_and_however_cut():
    data = b"\r\n" * 50_000 + HEAD + b"\r\n" + HEAD
    assert heads(data) == [HEAD, HEAD]
    assert heads(*[b"%c" % byte for byte in data[-100:]]) == [HEAD, HEAD]


def test_empty_lines_alone_leave_nothing():
    incoming = Incoming()
    for piece in (b"\r\n\r\n", b"\r", b"\n"):
        incoming.add(piece)
        assert incoming.next_head(LIMIT) is None
    assert incoming.left == 0


def test_what_is_left_can_be_taken_as_it_is():
    incoming = Incoming()
    for piece in (HEAD + b"bo", b"dy"):
        incoming.add(piece)
    assert incoming.next_head(LIMIT) == HEAD
    assert incoming.left == 4
    assert incoming.take() == b"body"
    assert incoming.left == 0
    assert incoming.take() == b""


def test_what_was_taken_is_not_kept_while_more_comes():
    kept = Counted()
    incoming = Incoming(lambda data: kept.extend(data) or kept)
    incoming.add(HEAD[:1])
    for _ in range(1000):
        incoming.add(HEAD[1:] + HEAD[:1])
        assert incoming.next_head(LIMIT) == HEAD
    assert len(kept) < 4 * len(HEAD)


@pytest.mark.parametrize("data", [HEAD, b"\r\n\r\n"])
def test_an_idle_connection_keeps_nothing(data):
    incoming, data = Incoming(), bytes(bytearray(data))
    before = sys.getrefcount(data)
    incoming.add(data)
    assert incoming.next_head(LIMIT) in (HEAD, None)
    assert sys.getrefcount(data) == before


STARTS = {
    b"GET / HT": [],
    b"GET / HTTP/1.1\r\nHo": [],
    b"GET / HTTP/1.1\r": [],
    b"GET / HTTP/1.1\n": 400,
    b"GET / HTTP/1.1\r\nA: b\n": 400,
    b"GET \0": 400,
    b"\n": 400,
    b"\r\n\n": 400,
}


def heads_or_status(data, size):
    try:
        return heads(*[data[at : at + size] for at in range(0, len(data), size)])
    except BadRequest as error:
        return error.status


def test_starts_that_can_never_become_a_head_are_refused_at_once():
    for size in (1, 2, 100):
        assert (size, {start: heads_or_status(start, size) for start in STARTS}) == (size, STARTS)


@pytest.mark.parametrize("more", [0, 1])
def test_a_head_has_a_limit(more):
    pieces = [HEAD[:-2], HEAD[-2:]]
    if not more:
        assert heads(*pieces, limit=len(HEAD)) == [HEAD]
        return
    for cut in (pieces, [HEAD]):
        with pytest.raises(BadRequest) as refused:
            heads(*cut, limit=len(HEAD) - more)
        assert refused.value.status == 431
