"""The digest of what runs in a part: everything whose change could change the outcome."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.cluster.proofs.charts import CATALOG, CLUSTER, chart_digest, without_namespace
from tests.cluster.proofs.code import ROOT, closure, module_of, plain, relative
from tests.cluster.proofs.parts import Part
from tests.cluster.proofs.watch import TEMPLATES, Uses

INPUTS = CLUSTER / "proofs" / "inputs"
WATCHERS = "tests.cluster.proofs"
"""Watches the run, and is no part of it."""
CONFTESTS = ("tests.conftest", "tests.cluster.conftest")
HARNESS = (
    "tests/cluster/harness", "tests/cluster/images", "tests/cluster/manifests/keda.yaml",
    "tools/images", "tools/go/build.sh", "tools/go/pins.sh", "tools/go/containerd",
    "tools/go/coredns", "tools/go/keda", "tools/go/kubernetes", "tools/go/pause",
    "requirements/run.txt", "sidecar/Dockerfile", "sidecar/requirements.txt",
)  # fmt: skip
"""The cluster, its images, and the locks of what runs there and here."""


def digest(part: Part, inputs: Path = INPUTS) -> str:
    """Empty where it is not known what the part renders: it has never passed."""
    path = inputs / f"{part.name}.json"
    if not path.is_file():
        return ""
    return _digest_of(pieces(part, json.loads(path.read_text("utf-8"))))


def pieces(part: Part, recorded: dict[str, Any]) -> dict[str, str]:
    """Digests by the name of what each is of."""
    paths = {*tests_of(part).values(), *_files(HARNESS), *_files(recorded["files"])}
    paths |= {each for each in _files(part.covers) if not _is_template(each)}
    found = {relative(path): file_digest(path) for path in paths}
    for name, text in recorded["profiles"]:
        key = hashlib.sha256(text.encode()).hexdigest()[:12]
        found[f"chart of {name} {key}"] = chart_digest(name, text)
    return found


def record(part: Part, uses: Uses, folder: Path = INPUTS) -> None:
    """Keeps what a run has rendered and read, for the digests to come."""
    profiles = sorted({(name, without_namespace(text)) for name, text in uses.profiles})
    tests = [each for each in uses.files if each.startswith("tests/") and _is_kept(each)]
    folder.mkdir(exist_ok=True)
    text = json.dumps({"files": sorted(tests), "profiles": profiles}, indent=1)
    (folder / f"{part.name}.json").write_text(text + "\n", "utf-8")


@cache
def file_digest(path: Path) -> str:
    """Of Python without comments and docstrings; of everything else byte by byte."""
    content = plain(path).encode() if path.suffix == ".py" else path.read_bytes()
    return hashlib.sha256(content).hexdigest()


def tests_of(part: Part) -> dict[str, Path]:
    """Its own file, and what it and the fixtures import of tests, however deep."""
    found = closure([module_of(part.path), *CONFTESTS], "tests")
    return {name: path for name, path in found.items() if not name.startswith(WATCHERS)}


def _files(names: Iterable[str]) -> Iterator[Path]:
    """All files of folders; one that is gone is left out, which changes the digest, too."""
    for name in names:
        place = ROOT / name
        found = place.rglob("*") if place.is_dir() else [place]
        yield from (each for each in found if each.is_file() and "__pycache__" not in each.parts)


def _is_template(path: Path) -> bool:
    """Templates are judged by the charts that come of them."""
    return relative(path).startswith(TEMPLATES)


def _is_kept(name: str) -> bool:
    """The watchers' own files and the lock are not of the run; charts judge a catalog."""
    return name != relative(CATALOG) and not name.startswith(
        ("tests/cluster/proofs", "tests/cluster/durations")
    )


def _digest_of(found: dict[str, str]) -> str:
    lines = "".join(f"{name} {each}\n" for name, each in sorted(found.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
