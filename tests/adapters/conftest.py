"""A chart on disk for every test of the directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chart_dirs import ONE
from wingsctl.adapters.chart_dir import write_chart


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A chart that wingsctl wrote."""
    assert write_chart(tmp_path / "charts" / "chat", ONE).changed
    return tmp_path / "charts" / "chat"
