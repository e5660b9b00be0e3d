"""What a leader keeps over a restart of its program: group.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from wings_infer.control.files import write_whole
from wings_infer.group.answers import GENERATION, Phase

FILE_NAME = "group.json"
LEASE_FILE = "lease.txt"


@dataclass(frozen=True)
class Record:
    """The leader's memory."""

    generation: str
    phase: Phase
    members: tuple[str, ...] = ()
    """Uids of the generation that is started; none while it gathers."""
    previous_members: tuple[str, ...] = ()
    """Uids of the generation that was started last."""
    attempt: int = 0
    """Ends in a row."""


def write_record(shared_dir: Path, record: Record) -> None:
    """Writes the file whole or not at all. Raises OSError."""
    write_whole(shared_dir / FILE_NAME, json.dumps(asdict(record)).encode())


def read_record(shared_dir: Path) -> Record | None:
    """The memory of an earlier run; None without one that can be understood."""
    try:
        document = json.loads((shared_dir / FILE_NAME).read_bytes())
        if not GENERATION.fullmatch(document["generation"]):
            return None
        return Record(
            generation=document["generation"],
            phase=Phase(document["phase"]),
            members=tuple(str(uid) for uid in document["members"]),
            previous_members=tuple(str(uid) for uid in document["previous_members"]),
            attempt=int(document["attempt"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_lease(shared_dir: Path, launch: str, until: float) -> None:
    """Lets the entrypoint run this launch until `until`, in seconds of uptime. Raises OSError."""
    write_whole(shared_dir / LEASE_FILE, f"{int(until)} {launch}\n".encode())
