"""Programs that a test needs: in CI a missing one is a failure, elsewhere a skip."""

from __future__ import annotations

import os
import shutil

import pytest


def need(program: str) -> None:
    """Fails or skips the test where the program is not installed."""
    if shutil.which(program) is None:
        message = f"{program} is not installed"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
