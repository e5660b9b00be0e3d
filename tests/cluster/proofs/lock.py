"""proofs.lock: which parts have passed, with what, and what they found. TOML, one block a part."""

from __future__ import annotations

import fcntl
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.proofs.code import ROOT
from tests.cluster.proofs.figures import Figure

LOCK = ROOT / "tests" / "cluster" / "proofs.lock"
HEAD = "# Written by `make proof`: parts of tests/cluster/deep that have passed.\n"


@dataclass(frozen=True)
class Entry:
    """One part that has passed."""

    command: str
    seconds: int
    runs: str
    """Digest of what ran."""
    log: str
    """Digest of what was printed."""
    seed: int | None = None
    figures: Mapping[str, Figure] = field(default_factory=dict)


Lock = dict[str, Entry]


def read_lock(path: Path = LOCK) -> Lock:
    """Empty where there is none."""
    if not path.is_file():
        return {}
    return {name: _entry(block) for name, block in tomllib.loads(path.read_text("utf-8")).items()}


def add_entry(name: str, entry: Entry, path: Path = LOCK) -> None:
    """Other parts may do so at the same time, also from other processes."""
    with _alone(path.parent):
        found = read_lock(path) | {name: entry}
        new = path.with_name(f".{path.name}.new")
        new.write_text(lock_text(found), "utf-8")
        new.replace(path)


def lock_text(lock: Lock) -> str:
    """Sorted, so that a difference shows what has changed."""
    return HEAD + "".join(f"\n{_block(name, lock[name])}" for name in sorted(lock))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """A folder can be locked; it is not replaced as the file is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _entry(block: dict[str, Any]) -> Entry:
    figures = {name: _figure(value) for name, value in block.pop("figures", {}).items()}
    return Entry(**block, figures=figures)


def _figure(value: Any) -> Figure:
    return Figure(**value) if isinstance(value, dict) else Figure(value)


def _block(name: str, entry: Entry) -> str:
    keys = ("command", "seed", "seconds", "runs", "log")
    values = {key: getattr(entry, key) for key in keys}
    lines = [f"[{name}]"]
    lines += [f"{key} = {json.dumps(each)}" for key, each in values.items() if each is not None]
    if entry.figures:
        lines += ["", f"[{name}.figures]"]
        lines += [f"{json.dumps(key)} = {_text(each)}" for key, each in entry.figures.items()]
    return "\n".join(lines) + "\n"


def _text(figure: Figure) -> str:
    if not figure.unit:
        return json.dumps(figure.number)
    return f"{{number = {json.dumps(figure.number)}, unit = {json.dumps(figure.unit)}}}"
