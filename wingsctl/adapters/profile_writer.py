"""Writes a profile: whole or not at all, and never over another without being asked to."""

from __future__ import annotations

import os
from pathlib import Path

from wingsctl.adapters.catalog_writer import write_entry
from wingsctl.errors import ProfileError


def check_free(path: Path, *, force: bool) -> None:
    """Raises ProfileError where there is something and it may not be replaced."""
    if os.path.lexists(path) and not force:
        raise ProfileError(f"{path} exists", hint="--force replaces it")
    if path.is_dir():
        raise ProfileError(f"{path} is a directory", hint="name a file, such as chat.wings.yaml")


def write_profile(path: Path, text: str, *, force: bool) -> None:
    """Raises ProfileError where it cannot be written."""
    check_free(path, force=force)
    write_entry(path, text, force=force)
