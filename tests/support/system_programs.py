"""A program of the system that a test needs: tools/programs.txt lists it."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> None:
    """A lack fails the test in CI, which installs all that are listed, and skips it elsewhere."""
    if shutil.which(program) is not None:
        return
    lack = f"{program} is not installed"
    if os.environ.get("CI"):
        pytest.fail(lack)
    pytest.skip(lack)
