"""Figures that a test prints whether it passes or not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pytest


@contextmanager
def told(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """What is printed here reaches the terminal; from tests beside each other only errors do."""
    with capsys.disabled(), redirect_stdout(sys.stderr):
        yield
