"""The program that asks a group all the time, its clock, and what its record proves."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.cluster.clients import CHAT, Background, Clients
from tests.cluster.release import Release

IN_FLIGHT_SECONDS = 5.0
"""A fault may hit a chat that began so long before: on a busy machine one takes that long."""


@dataclass(frozen=True)
class Fault:
    """What was broken, in seconds of the prober's clock: it happened from `begin` to `end`."""

    name: str
    begin: float
    end: float
    detection: float
    """After so long /health must know."""

    def excuses(self, pair: dict[str, Any]) -> bool:
        """The chat may have failed though /health had said 200."""
        is_late = pair["asked"] <= self.end + self.detection
        return self.begin <= pair["asked"] + IN_FLIGHT_SECONDS and is_late


def leader_url(release: Release, number: int = 0) -> str:
    """The leader's pod past the client Service, ready or not."""
    name, namespace = release.name, release.kube.namespace
    return f"http://{name}-{number}-0.{name}-peers.{namespace}.svc:9000"


class Prober(Background):
    """programs/probe.py, asking the leader's pod and the client Service."""

    def __init__(self, clients: Clients, release: Release) -> None:
        urls = leader_url(release), release.url
        super().__init__(clients, "probe.py", CHAT % 2, *urls)
        assert self.first_line == "started", self.process.communicate()[1]

    def mark(self) -> float:
        """Now, by the prober's clock: all that is done after this returns happened later."""
        return float(self._say("mark"))

    def served(self, limit: float, *endings: str) -> tuple[float, list[str]] | None:
        """When a request that was sent from now on was answered, and by whom; see the program."""
        word, *members = self._say(f"served {limit} {' '.join(endings)}").split()
        return None if word == "never" else (float(word), members)

    def record(self) -> dict[str, Any]:
        """All that it saw; it asks no more."""
        return dict(json.loads(self._say("end")))

    def _say(self, command: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the prober died at {command!r}: {self.process.communicate()[1]}"
        return answer.strip()


@dataclass
class Record:
    """What a prober saw, judged."""

    pairs: int
    odd: list[dict[str, Any]]
    health: list[tuple[float, str, str]]
    """The leader's, past the Service: second, status, reason."""
    members: dict[str, int]
    longest: dict[str, Any]
    """The pair that took longest."""
    late: float
    faults: list[Fault] = field(default_factory=list)

    @classmethod
    def of(cls, prober: Prober, faults: list[Fault]) -> Record:
        """Ends the prober."""
        return cls(**prober.record(), faults=faults)

    def untrue(self) -> list[dict[str, Any]]:
        """/health said 200, and the chat that was sent right then failed."""
        return [pair for pair in self.odd if pair["health"] == "200"]

    def lies(self) -> list[dict[str, Any]]:
        """Those that no fault excuses, and that /health itself did not take back within a second.

        On a starved machine peers are late, and a group is not whole for a moment without a fault.
        """
        return [
            pair
            for pair in self.untrue()
            if not any(one.excuses(pair) for one in self.faults) and not self._is_taken_back(pair)
        ]

    def _is_taken_back(self, pair: dict[str, Any]) -> bool:
        return any(
            status != "200" and pair["asked"] <= second <= pair["answered"] + 1
            for second, status, _ in self.health
        )

    def detection(self, name: str) -> float:
        """The longest time after a fault of this name, the last by then, that /health said 200."""
        found = [0.0]
        for asked in [pair["asked"] for pair in self.untrue()]:
            before = [fault for fault in self.faults if fault.begin <= asked]
            if before and before[-1].name == name:
                found.append(asked - before[-1].begin)
        return max(found)

    @property
    def longest_seconds(self) -> float:
        """From a question to its answer, or to the break that ended it."""
        return float(self.longest["answered"] - self.longest["asked"])

    def mixed(self, size: int) -> list[str]:
        """Answers that were not made by all members of one generation."""
        return [one for one in self.members if not is_whole(one, size)]


def is_whole(fingerprint: str, size: int) -> bool:
    """RANK:LAUNCH@ADDRESS of each member, of one launch."""
    members = [one.replace("@", ":").split(":") for one in fingerprint.split()]
    ranks = sorted(int(rank) for rank, _, _ in members)
    return ranks == list(range(size)) and len({launch for _, launch, _ in members}) == 1


def describe(record: Record, limit: int = 5) -> str:
    """For the message of a failed test."""
    shown = [json.dumps(one) for one in record.lies()[:limit]]
    return "\n".join([*shown, *map(str, record.faults)])
