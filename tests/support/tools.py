"""What `make tools` made, and the programs that the locks installed."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

import pytest

_TOOLS = Path(__file__).resolve().parents[2] / ".tools"


def find_tool(name: str) -> str:
    """Path of a program that `make tools` built or the locks installed."""
    return look_for(name) or _lack(name)


def look_for(name: str) -> str | None:
    """The same, or None where it is missing."""
    places = [_TOOLS / "bin", Path(sysconfig.get_path("scripts"))]
    return shutil.which(name, path=os.pathsep.join(map(str, places)))


def find_made(name: str) -> Path:
    """A file or folder that `make tools` made beside the programs."""
    made = _TOOLS / name
    return made if made.exists() else Path(_lack(name))


def _lack(name: str) -> str:
    """A lack fails the test in CI and skips it elsewhere."""
    message = f"{name} is missing: run make tools"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
