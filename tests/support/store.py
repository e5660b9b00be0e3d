"""What the processes of a test session share: the first that needs a thing makes it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Store:
    """A folder that ends with the session: nothing of an earlier one can be found in it."""

    folder: Path

    def value(self, key: object, make: Callable[[], Any]) -> Any:
        """What `make` returned for this key, as JSON holds it; each caller gets its own copy."""
        path = self.folder / digest(repr(key).encode())
        if not path.exists():
            with self._lock(path):
                if not path.exists():
                    self._write(path, json.dumps(make()))
        return json.loads(path.read_text("utf-8"))

    def directory(self, name: str, fill: Callable[[Path], None]) -> Path:
        """A folder that `fill` has filled; change nothing in it."""
        path = self.folder / name

        def make() -> str:
            shutil.rmtree(path, ignore_errors=True)  # of a `fill` that failed
            path.mkdir()
            fill(path)
            return name

        self.value(("directory", name), make)
        return path

    @contextmanager
    def _lock(self, path: Path) -> Iterator[None]:
        with path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _write(path: Path, text: str) -> None:
        draft = path.with_suffix(".draft")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)  # noqa: PTH105


def digest(data: bytes) -> str:
    """A short name for some bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def tree_digest(directory: Path) -> str:
    """The same for all files of a folder."""
    found = hashlib.blake2b(digest_size=16)
    for folder, folders, files in os.walk(directory):
        folders.sort()
        for name in sorted(files):
            data = (Path(folder) / name).read_bytes()
            found.update(f"{folder[len(str(directory)) :]}/{name} {len(data)}\0".encode() + data)
    return found.hexdigest()
