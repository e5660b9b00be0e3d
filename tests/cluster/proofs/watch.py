"""What a process uses: Python tells it of every file that is opened and every program started."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.proofs.code import ROOT, relative

PROFILE = ".wings.yaml"
TEMPLATES = "chart-templates"


@dataclass(frozen=True)
class Uses:
    """Paths are those of the repository, with `/`."""

    modules: frozenset[str] = frozenset()
    """Of wingsctl."""
    files: frozenset[str] = frozenset()
    """Read, and no module; also folders that a program was given."""
    profiles: frozenset[tuple[str, str]] = frozenset()
    """Names and texts of what charts were rendered from."""

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            self.modules | other.modules, self.files | other.files, self.profiles | other.profiles
        )


@dataclass
class Watch:
    """Listens from now on, as long as the process lives."""

    named: set[str] = field(default_factory=set)
    known: frozenset[str] = frozenset()
    """Modules that are not reported: loaded before, or for other reasons."""

    def __post_init__(self) -> None:
        self.known |= set(sys.modules)
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, os.PathLike)):
            self.named.add(os.fspath(arguments[0]))
        elif event == "subprocess.Popen":
            self.named |= {str(each) for each in arguments[1] if str(each)[:1] == os.sep}

    def uses(self) -> Uses:
        """Until now."""
        paths = {Path(each) for each in set(self.named)}
        files = frozenset(_files_of_repository(paths))
        renders = any(each.startswith(TEMPLATES) for each in files)
        profiles = _texts(paths) if renders else ()
        loaded = {each for each in sys.modules if each.split(".")[0] == "wingsctl"}
        return Uses(frozenset(loaded - self.known), files, frozenset(profiles))

    def note(self, folder: Path) -> None:
        """Leaves a file there."""
        uses = self.uses()
        noted = {name: sorted(getattr(uses, name)) for name in ("modules", "files", "profiles")}
        (folder / f"uses-{os.getpid()}.json").write_text(json.dumps(noted), "utf-8")


def noted_uses(folder: Path) -> Uses:
    """Of all processes that have noted theirs."""
    found = Uses()
    for path in sorted(folder.glob("uses-*.json")):
        noted = json.loads(path.read_text("utf-8"))
        profiles = frozenset((name, text) for name, text in noted["profiles"])
        found |= Uses(frozenset(noted["modules"]), frozenset(noted["files"]), profiles)
    return found


def _files_of_repository(paths: Iterable[Path]) -> set[str]:
    """Without modules, which are known by name, and without what Git does not keep."""
    modules = {getattr(each, "__file__", None) for each in list(sys.modules.values())}
    found = set()
    for path in paths:
        place = ROOT / path
        if not place.is_relative_to(ROOT) or str(place) in modules or not place.exists():
            continue
        if place.is_dir() and not path.is_absolute():
            continue  # opened below another folder, by a descriptor that Python does not name
        words = place.relative_to(ROOT).parts
        if words and words[0][0] != "." and "__pycache__" not in words:
            found.add(relative(place))
    return found


def _texts(paths: Iterable[Path]) -> set[tuple[str, str]]:
    profiles = [each for each in paths if each.name.endswith(PROFILE) and each.is_file()]
    return {(each.name, each.read_text("utf-8")) for each in profiles}
