"""Where the golden files are, and whether to rewrite them."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def golden_dir() -> Path:
    """The folder of the golden cases."""
    return Path(__file__).parent


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether `--update-golden` was given."""
    return bool(request.config.getoption("--update-golden"))
