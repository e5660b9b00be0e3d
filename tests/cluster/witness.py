"""Who watches a group from a client pod while something is done to it, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from tests.cluster.clients import CHAT, STREAM, UNREACHABLE, Background, Clients

# No address while a pod is being replaced, or one that leads nowhere any more.
AWAY = UNREACHABLE | {"gaierror", "TimeoutError"}
# The request was on its way when its engine or its gateway died.
BROKEN = {"500", "502", "IncompleteRead"}
# Health is a word about now: who asks for a chat later than that cannot hold it against it.
BELIEVED_SECONDS = 1.0


@dataclass(frozen=True)
class Seen:
    """Seconds are of the witness's clock, except where the name says since when."""

    marks: dict[str, float]
    pairs: list[dict[str, Any]]
    streams: list[dict[str, Any]]

    @property
    def statuses(self) -> dict[str, int]:
        """How many chats ended how."""
        ends = [str(pair["chat"]) for pair in self.pairs]
        return {status: ends.count(status) for status in sorted(set(ends))}

    @property
    def reasons(self) -> set[str]:
        """What clients read who were not served."""
        return {pair["reason"] for pair in self.pairs if pair["chat"] == "503"}

    @property
    def noticed_after(self) -> float:
        """Seconds from the deed to the first answer that was not 200."""
        bad = [pair for pair in self.pairs if {pair["health"], pair["chat"]} != {"200"}]
        times = [pair["answered"] for pair in bad if pair["answered"] >= self.marks["begin"]]
        return float(min(times, default=self.marks["done"])) - self.marks["begin"]

    @property
    def healed_after(self) -> float:
        """Seconds from the deed to the first chat after which nothing failed any more."""
        good = list(takewhile(is_good, reversed(self.pairs)))
        return float(good[-1]["asked"]) - self.marks["begin"] if good else float("inf")

    @property
    def broke_after(self) -> float:
        """Seconds from the deed to the end of the stream."""
        (stream,) = self.streams
        return float(stream["ended"]) - self.marks["done"]

    def lies(self, detection: float) -> list[dict[str, Any]]:
        """Chats that failed right after /health said 200, outside the time that noticing takes."""
        begin, end = self.marks["begin"], self.marks["done"] + detection
        return [
            pair
            for pair in self.pairs
            if pair["health"] == "200" and pair["chat"] != "200"
            and pair["sent"] - pair["asked"] < BELIEVED_SECONDS
            and not (pair["asked"] <= end and pair["answered"] >= begin)
        ]  # fmt: skip

    def assert_honest(self, detection: float) -> None:
        """/health was true, and each refusal names a reason and a time to come back."""
        assert not self.lies(detection), (self.marks, self.lies(detection))
        for pair in self.pairs:
            assert pair["chat"] in {"200", "503"} | BROKEN | AWAY, pair
            if pair["chat"] == "503":
                assert pair["reason"], pair
                assert pair["retry_after"], pair


def is_good(pair: dict[str, Any]) -> bool:
    """Health and chat agreed that the group serves."""
    return bool(pair["health"] == pair["chat"] == "200")


class Witness(Background):
    """Asks the leader for its health and a chat, again and again; opens streams on command."""

    def __init__(self, clients: Clients, leader: str, service: str, tokens: int) -> None:
        stream = STREAM % tokens
        stream = stream[:-1] + ', "ignore_eos": true}'
        super().__init__(clients, "truth.py", leader, CHAT % 1, service, stream)
        assert self.first_line == "started", self.process.communicate()

    def do(self, word: str) -> None:
        """`stream` opens a stream, `look` asks twice more, all else is noted with its time."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == word, self.process.communicate()

    def seen(self) -> Seen:
        """End it, after its streams have ended."""
        return Seen(**self.result())
