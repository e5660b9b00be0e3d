"""Requests to a hub: when they are sent again, how long is waited, and what ends them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from wingsctl.adapters.hub_requests import (
    ATTEMPTS,
    MAX_TOTAL_BYTES,
    Answer,
    RefusedError,
    Requests,
    SendError,
)
from wingsctl.errors import ToolError, ToolTimeoutError

GOOD = (206, {"content-range": "bytes 0-3/9"}, (b"ab", b"cd"))
URL = "https://hub.example/file"


@dataclass
class Scripted:
    """Answers in turn, the last again and again, and a clock that only `sleep` and pieces move."""

    answers: list[object]
    a_piece_takes: float = 0
    seconds: float = 0
    pauses: list[float] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)

    @contextmanager
    def send(self, _: str, part: str) -> Iterator[Answer]:
        self.parts.append(part)
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, Exception):
            raise given
        status, headers, pieces = given  # type: ignore[misc]
        yield Answer(status, headers, self.slowly(pieces))

    def slowly(self, pieces: tuple[bytes, ...]) -> Iterator[bytes]:
        for piece in pieces:
            self.seconds += self.a_piece_takes
            yield piece

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def requests(self, seconds: float = 300) -> Requests:
        return Requests(self.send, "hub.example", seconds, lambda: self.seconds, self.sleep)


def test_a_part_is_asked_for_and_no_more_is_read():
    script = Scripted([(206, {"content-range": "bytes 0-3/9"}, (b"ab", b"cdef", b"never"))])
    requests = script.requests()
    assert requests.read(URL, 0, 4) == b"abcd"
    assert script.parts == ["bytes=0-3"]
    assert requests.left == MAX_TOTAL_BYTES - 6


def test_pauses_grow_and_end():
    script = Scripted([SendError("connection refused")])
    with pytest.raises(ToolError, match=r"hub.example does not .* connection refused") as caught:
        script.requests().read(URL, 0, 4)
    assert script.pauses == [0.5, 1.0, 2.0]
    assert len(script.parts) == ATTEMPTS
    assert f"asked {ATTEMPTS} times" in caught.value.hint


@pytest.mark.parametrize(
    "trouble",
    [
        SendError("cut"),
        (429, {}, ()),
        (408, {}, ()),
        (500, {}, ()),
        (503, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, ()),
        (206, {"content-range": "bytes 7-9/9"}, (b"xyz",)),
        (206, {"content-range": "nonsense"}, (b"xyz",)),
        (200, {"content-length": "9"}, (b"ab",)),
    ],
)
def test_what_a_second_attempt_may_mend_is_asked_again(trouble):
    script = Scripted([trouble, GOOD])
    assert script.requests().read(URL, 0, 4) == b"abcd"
    assert script.pauses == [0.5]


def test_a_stated_pause_is_kept():
    script = Scripted([(429, {"retry-after": "7"}, ()), GOOD])
    assert script.requests().read(URL, 0, 4) == b"abcd"
    assert script.pauses == [7]


@pytest.mark.parametrize(("pause", "seconds"), [("61", 300), ("9" * 400, 300), ("30", 20)])
def test_a_pause_beyond_the_bound_or_the_time_ends_at_once(pause, seconds):
    script = Scripted([(429, {"retry-after": pause}, ()), GOOD])
    with pytest.raises(ToolError, match="asks to wait for"):
        script.requests(seconds).read(URL, 0, 4)
    assert script.pauses == []


def test_time_ends_a_body_that_trickles():
    script = Scripted([(200, {}, (b"a",) * 1000)], a_piece_takes=1)
    with pytest.raises(ToolTimeoutError, match="did not send everything within 20 s"):
        script.requests(20).read(URL, 0, 1000)
    assert script.seconds == 21


def test_bytes_of_all_requests_are_bounded():
    script = Scripted([(200, {}, (b"a" * 60,))])
    requests = script.requests()
    requests.left = 100
    requests.read(URL, 0, 60)
    with pytest.raises(ToolError, match="sends more than 512 MiB"):
        requests.read(URL, 0, 60)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418])
def test_a_final_answer_is_not_asked_again(status):
    script = Scripted([(status, {"x-error-code": "GatedRepo"}, ())])
    with pytest.raises(RefusedError) as caught:
        script.requests().read(URL, 0, 4)
    assert (caught.value.status, caught.value.code) == (status, "GatedRepo")
    assert len(script.parts) == 1


def test_a_server_without_ranges_is_read_up_to_the_part():
    script = Scripted([(200, {"content-length": "9"}, (b"abcdef", b"ghi", b"never"))])
    assert script.requests().read(URL, 4, 4) == b"efgh"


def test_a_file_that_ends_earlier_gives_what_it_has():
    script = Scripted([(206, {"content-range": "bytes 4-5/6"}, (b"ef",))])
    assert script.requests().read(URL, 4, 4) == b"ef"
    assert Scripted([(416, {}, ())]).requests().read(URL, 9, 4) == b""
    assert Scripted([]).requests().read(URL, 0, 0) == b""


def test_what_is_compressed_is_not_unpacked():
    script = Scripted([(200, {"content-encoding": "gzip"}, (b"x",))])
    with pytest.raises(ToolError, match="sends gzip where plain bytes"):
        script.requests().read(URL, 0, 4)


def test_a_page_has_a_limit():
    script = Scripted([(200, {}, (b"a" * 10,))])
    assert script.requests().read_page(URL, 10) == "a" * 10
    assert script.parts == [""]
    with pytest.raises(ToolError, match="sends more than"):
        script.requests().read_page(URL, 9)
