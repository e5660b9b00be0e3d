"""The start command: what the engine's entrypoint runs, and under which launch id."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wings_infer.control.files import write_whole

FILE_NAME = "start_command.sh"


@dataclass(frozen=True)
class StartCommand:
    """One order to run the engine."""

    launch: str
    failures: int
    """Failures in a row before this launch."""
    model: str
    argv: tuple[str, ...]

    def render(self) -> bytes:
        """The file: comments for people and the entrypoint, then the quoted command."""
        head = (
            "#!/bin/sh\n"
            f"# launch: {self.launch}\n"
            f"# failures: {self.failures}\n"
            f"# model: {_one_line(self.model)}\n"
            "# Written by wings-infer, run by the engine's entrypoint, once for each launch.\n"
        )
        return os.fsencode(head) + render_exec(self.argv)


def render_exec(argv: Sequence[str]) -> bytes:
    r"""`exec` of argv, one word a line; every byte but NUL survives sh."""
    words = [os.fsencode(word).replace(b"'", b"'\\''") for word in argv]
    return b"exec" + b"".join(b" \\\n  '%b'" % word for word in words) + b"\n"


def new_launch_id(counter: int) -> str:
    """A launch id that never was: counter for people, random for the rest."""
    return f"{counter}-{secrets.token_hex(8)}"


def write_start_command(shared_dir: Path, command: StartCommand) -> None:
    """Writes the file whole or not at all. Raises OSError."""
    write_whole(shared_dir / FILE_NAME, command.render())


def read_start_command(shared_dir: Path, argv: tuple[str, ...]) -> StartCommand | None:
    """The order on disk, if it is for this argv; None when there is none."""
    try:
        text = (shared_dir / FILE_NAME).read_bytes()
    except FileNotFoundError:
        return None
    if not text.endswith(render_exec(argv)):
        return None
    head = dict(_head_lines(text))
    launch = head.get("launch", "")
    if not launch or not head.get("failures", "").isdecimal():
        return None
    return StartCommand(launch, int(head["failures"]), head.get("model", ""), argv)


def _head_lines(text: bytes) -> list[tuple[str, str]]:
    lines = []
    for line in os.fsdecode(text).split("\n")[1:]:
        key, colon, value = line.removeprefix("# ").partition(": ")
        if not line.startswith("# ") or not colon:
            break
        lines.append((key, value))
    return lines


def _one_line(text: str) -> str:
    return text if text.isprintable() else ""
