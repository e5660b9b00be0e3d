"""The files of the shipped catalog, as wingsctl reads them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tests.support.profiles import ROOT
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.catalog.catalog import KINDS
from wingsctl.documents import Document

PROFILES = ROOT / "profiles"
FILES = sorted(path for kind in KINDS for path in (PROFILES / kind).glob("*.yaml"))
ENGINES = sorted(path.stem for path in (PROFILES / "engines").glob("*.yaml"))


def name_of(path: Path) -> str:
    """The file's place in the catalog."""
    return path.relative_to(PROFILES).as_posix()


@cache
def document(path: Path) -> Document:
    """The file, whether or not its content is valid."""
    loaded = CatalogFiles().load(path.parent.name, path.stem)
    assert loaded is not None
    return loaded[0]


def data(path: Path) -> dict[str, Any]:
    """What the file holds."""
    found: dict[str, Any] = document(path).data
    return found
