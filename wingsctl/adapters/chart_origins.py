"""Which profile a chart directory was rendered from, as far as this user's cache remembers.

It is kept there and not in the chart: a chart has the same bytes wherever its profile lies.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from wingsctl.adapters.user_cache import cache_dir, keep, kept


def other_origin(directory: Path, profile: Path) -> str:
    """Another profile that the chart on disk was rendered from; empty if none is known.

    A profile that is no longer there was moved, and is not another one.
    """
    known = _origin(directory)
    if not known or known == os.path.realpath(profile) or not directory.is_dir():
        return ""
    return os.path.relpath(known) if Path(known).is_file() else ""


def keep_origin(directory: Path, profile: Path) -> None:
    """Remember it; where there is no cache, nothing is remembered."""
    origin = os.path.realpath(profile)
    note = _note(directory)
    if note is not None and origin != _origin(directory):
        keep(note, os.fsencode(origin))


def _origin(directory: Path) -> str:
    note = _note(directory)
    return os.fsdecode((kept(note) if note else None) or b"")


def _note(directory: Path) -> Path | None:
    folder = cache_dir("charts")
    place = os.fsencode(os.path.realpath(directory))
    return folder / hashlib.sha256(place).hexdigest() if folder else None
