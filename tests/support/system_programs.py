"""What a test needs of the system: a program of tools/programs.txt, or a right."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> None:
    """Needs a program, as need_that does; CI installs all that are listed."""
    need_that(shutil.which(program) is not None, f"{program} is not installed")


def need_that(is_so: bool, lack: str) -> None:
    """A lack fails the test in CI, and skips it elsewhere."""
    if is_so:
        return
    if os.environ.get("CI"):
        pytest.fail(lack)
    pytest.skip(lack)
