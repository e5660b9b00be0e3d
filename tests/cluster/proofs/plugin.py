"""`pytest -p tests.cluster.proofs.plugin` notes what the tests' own process used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cluster.proofs.figures import RECORD
from tests.cluster.proofs.watch import Watch

WATCH = pytest.StashKey[Watch]()


def pytest_collection(session: pytest.Session) -> None:
    """What conftest.py loads for all tests was loaded before, and is of no use to a part."""
    session.config.stash[WATCH] = Watch()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """After the last fixture has ended."""
    session.config.stash[WATCH].note(Path(os.environ[RECORD]))
