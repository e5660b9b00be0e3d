"""What the pods of a group tell each other: GET /group, as values and as strictly read JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from wings_infer.errors import BadMessage

VERSION = 1
LIMIT = 8 * 1024
"""Bytes of an answer."""
GENERATION = re.compile(r"[0-9]{1,9}-[0-9a-f]{16}")
_NAME = re.compile(r"[A-Za-z0-9._/-]{0,253}")
_UID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TEXT = re.compile(r"[ -~]{0,1000}")


class Phase(StrEnum):
    """What the leader does with its generation."""

    GATHER = "gather"
    """Waits until every member says that its engine is gone."""
    START = "start"
    RUN = "run"
    DRAIN = "drain"
    """Finishes what is in flight."""
    ENDED = "ended"
    """The leader's pod ends."""


STARTED = frozenset({Phase.START, Phase.RUN, Phase.DRAIN})


class EngineState(StrEnum):
    """A member's engine."""

    NONE = "none"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    EXITED = "exited"
    """It ended in the generation that the leader still leads."""
    UNKNOWN = "unknown"
    """The engine's container says nothing: one may run."""


ALIVE = frozenset({EngineState.STARTING, EngineState.RUNNING})


@dataclass(frozen=True)
class Member:
    """Who answers."""

    group: str
    index: int
    size: int
    pod: str
    name: str
    node: str
    boot: str
    template: str


@dataclass(frozen=True)
class LeaderAnswer(Member):
    """What the leader publishes."""

    asked: bool
    """A member of the group got SIGTERM."""
    terminating: bool
    phase: Phase
    generation: str
    members: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class WorkerAnswer(Member):
    """What a worker publishes."""

    asked: bool
    terminating: bool
    joined: str | None
    """The generation it is ready for: its engine is gone."""
    launched: str | None
    """The last generation its engine was started for."""
    engine: EngineState
    code: int | None


PeerAnswer = LeaderAnswer | WorkerAnswer
_Kind = TypeVar("_Kind", LeaderAnswer, WorkerAnswer)
_Value = TypeVar("_Value")


def render_answer(answer: PeerAnswer) -> bytes:
    """The answer as JSON."""
    document = {"v": VERSION} | {one.name: getattr(answer, one.name) for one in fields(answer)}
    return json.dumps(document, separators=(",", ":")).encode()


def parse_leader(content: bytes) -> LeaderAnswer:
    """A leader's answer. Raises BadMessage."""
    return _parse(content, LeaderAnswer)


def parse_worker(content: bytes) -> WorkerAnswer:
    """A worker's answer. Raises BadMessage."""
    return _parse(content, WorkerAnswer)


def _parse(content: bytes, kind: type[_Kind]) -> _Kind:
    if len(content) > LIMIT:
        raise BadMessage(f"the answer is longer than {LIMIT} bytes")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BadMessage("the answer is no JSON") from error
    if not isinstance(document, dict) or not _is_number(document.get("v"), VERSION, VERSION):
        raise BadMessage("the answer speaks another version")
    values = {}
    for one in fields(kind):
        read, value = _READ[one.name], document.get(one.name, _MISSING)
        try:
            values[one.name] = read(value)
        except (ValueError, TypeError):
            raise BadMessage(f"the answer's {one.name} is malformed") from None
    return kind(**values)


_MISSING = object()


def _is_number(value: object, least: int, most: int) -> bool:
    return type(value) is int and least <= value <= most


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:  # noqa: ANN401
        if not _is_number(value, least, most):
            raise ValueError
        return int(value)

    return read


def _string(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def read(value: Any) -> str:  # noqa: ANN401
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError
        return value

    return read


def _or_null(inner: Callable[[Any], _Value]) -> Callable[[Any], _Value | None]:
    return lambda value: None if value is None else inner(value)


def _truth(value: Any) -> bool:  # noqa: ANN401
    if not isinstance(value, bool):
        raise TypeError
    return value


def _uids(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        raise TypeError
    return tuple(_string(_UID)(one) for one in value)


_READ: dict[str, Callable[[Any], Any]] = {
    "group": _string(_NAME),
    "index": _number(0, 999),
    "size": _number(1, 1000),
    "pod": _string(_UID),
    "name": _string(_NAME),
    "node": _string(_NAME),
    "boot": _string(re.compile(r"[0-9a-f]{1,32}")),
    "template": _string(re.compile(r"[!-~]{0,256}")),
    "asked": _truth,
    "terminating": _truth,
    "phase": Phase,
    "generation": _string(GENERATION),
    "members": _uids,
    "reason": _string(_TEXT),
    "joined": _or_null(_string(GENERATION)),
    "launched": _or_null(_string(GENERATION)),
    "engine": EngineState,
    "code": _or_null(_number(-1024, 1024)),
}
