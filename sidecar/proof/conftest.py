"""Fixtures and the list of measured times that a proof ends with."""

import tempfile
from pathlib import Path

import pytest

FIGURES = []


@pytest.fixture
def figure():
    """Keeps a measured value for the end of the report."""
    return lambda name, value: FIGURES.append(f"{name}: {value}")


@pytest.fixture(scope="module")
def new_folder():
    """Makes folders that go when the module is done."""
    with tempfile.TemporaryDirectory(prefix="wings-proof-") as root:
        yield lambda: Path(tempfile.mkdtemp(dir=root))


def pytest_terminal_summary(terminalreporter):
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)
