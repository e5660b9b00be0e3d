"""What a test needs of the machine: in CI its lack is a failure, elsewhere a skip."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> None:
    """Fails or skips the test where the program is not installed."""
    need_that(shutil.which(program) is not None, f"{program} is not installed")


def need_that(is_so: bool, lack: str) -> None:
    """Fails or skips the test, with what is lacking, where it is not so."""
    if is_so:
        return
    if os.environ.get("CI"):
        pytest.fail(lack)
    pytest.skip(lack)
