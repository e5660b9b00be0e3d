"""What every command that takes profiles is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"


@dataclass(frozen=True)
class ProfileRequest:
    """Profiles to read (`-` is standard input), and what they are read against."""

    paths: Sequence[str]
    catalog_dirs: Sequence[Path] = ()
    gateway_image: str = ""
