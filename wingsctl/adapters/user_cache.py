"""The user's cache directory: what is cheaper to keep than to make again."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def cache_dir(name: str) -> Path | None:
    """`wingsctl/NAME` in the user's cache directory, or None where it is not writable."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    directory = Path(base) / "wingsctl" / name
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK) else None


def load_json(path: Path) -> Any:
    """The cached value, or None where there is none that can be read."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def save_json(path: Path, value: Any) -> None:
    """Keep a value; a reader sees all of it or none. Failing to keep it is no failure."""
    try:
        handle, fresh = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        Path(fresh).replace(path)
    except OSError:
        return
