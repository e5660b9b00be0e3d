"""A checkpoint in a local directory, also one of a hub client's cache."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from wingsctl.adapters.checkpoint import Origin, unusable
from wingsctl.errors import ProfileError

MAX_FILES = 10_000
_CACHED = re.compile(r"^models--(?P<owner>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<commit>[^/]+)$")
"""The end of a path in the cache of huggingface_hub, whose files are links to elsewhere in it."""


class CheckpointDir:
    """Regular files at the top of a directory; links out of it are not followed."""

    def __init__(self, path: Path, origin: Origin | None = None) -> None:
        if not path.is_dir():
            raise ProfileError(f"{path} is not a directory", hint="give a model's directory")
        self._path = path
        self._root = self._real = path.resolve()
        self._cached = _CACHED.match("/".join(self._real.parts[-3:]))
        if self._cached:
            self._root = self._real.parents[2]
        self._origin = origin

    @property
    def origin(self) -> Origin:
        """Of a hub's cache its repository and commit; else the directory's name."""
        if self._origin is not None:
            return self._origin
        if self._cached:
            owner, name, commit = self._cached.group("owner", "name", "commit")
            return Origin(f"{owner}/{name}", commit, f"{owner}/{name} at {commit}, from the cache")
        return Origin(f"own/{self._real.name}", "", f"the directory {self._real.name}")

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Raises ProfileError where the directory cannot be listed."""
        try:
            with os.scandir(self._path) as found:
                entries = [each for each, _ in zip(found, range(MAX_FILES), strict=False)]
            return {
                each.name: each.stat().st_size
                for each in sorted(entries, key=lambda each: each.name)
                if each.is_file() and self._is_inside(Path(each.path))
            }
        except OSError as error:
            raise ProfileError(f"cannot read {self._path}: {error.strerror}") from error

    def read(self, name: str, first: int, count: int) -> bytes:
        """Raises ProfileError where it cannot be read, or is no regular file."""
        try:
            handle = os.open(self._path / name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise unusable(name, "is not a regular file")
                file.seek(first)
                return file.read(count)
        except OSError as error:
            raise unusable(name, f"cannot be read: {error.strerror}") from error

    def _is_inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._root)
