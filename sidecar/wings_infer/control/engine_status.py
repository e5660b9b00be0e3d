"""The engine's status as its entrypoint reports it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from wings_infer.errors import BadFile

FILE_NAME = "engine_status.txt"
BEAT_FILE = "engine_beat.txt"
ALIVE = frozenset({"starting", "running", "stopping"})
ENDED = frozenset({"exited", "failed"})


@dataclass(frozen=True)
class EngineStatus:
    """One report of the entrypoint."""

    state: str
    """waiting, starting, running, stopping, exited or failed."""
    code: int | None
    """Exit code of an engine that exited or failed."""
    launch: str
    time: datetime
    terminating: bool
    """The engine's container was told to end."""
    problem: str
    """A finding of the entrypoint, such as an unreadable model file; may be empty."""

    @property
    def is_alive(self) -> bool:
        """An engine process exists."""
        return self.state in ALIVE


def read_engine_status(shared_dir: Path) -> EngineStatus | None:
    """The last report, None before the first. Raises BadFile."""
    try:
        text = (shared_dir / FILE_NAME).read_text(errors="replace")
    except FileNotFoundError:
        return None
    return parse_engine_status(text)


def read_beat(shared_dir: Path) -> float | None:
    """Seconds of uptime when the entrypoint of a group last looked; None when it is just writing."""
    try:
        return float((shared_dir / BEAT_FILE).read_bytes())
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=2)
def parse_engine_status(text: str) -> EngineStatus:
    """The report in this text, which is mostly the same as before. Raises BadFile."""
    fields = dict(line.partition(": ")[::2] for line in text.split("\n"))
    try:
        state, _, code = fields["state"].partition(" ")
        return EngineStatus(
            state=_known(state),
            code=int(code) if state in ENDED else None,
            launch=fields["launch"],
            time=datetime.strptime(fields["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            terminating=fields.get("terminating") == "yes",
            problem=fields.get("problem", "").strip(),
        )
    except (KeyError, ValueError) as error:
        raise BadFile(f"{FILE_NAME}: {error}") from error


def _known(state: str) -> str:
    if state not in ALIVE | ENDED | {"waiting"}:
        raise ValueError(f"unknown state {state!r}")
    return state
