"""What every command that takes profiles is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"
Progress = Callable[[int, int, str], None]
"""Gets how many profiles of how many are begun, and the name of this one."""


@dataclass(frozen=True)
class ProfileRequest:
    """Profiles to read (`-` is standard input), and what they are read against."""

    paths: Sequence[str]
    catalog_dirs: Sequence[Path] = ()
    gateway_image: str = ""
    progress: Progress = lambda begun, total, name: None
