"""A person at the terminal: answers on standard input, one line for each question."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest


class Typed:
    """Standard input of a terminal on which these lines are typed, and then nothing."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.buffer = io.BytesIO("".join(f"{line}\n" for line in lines).encode())

    def isatty(self) -> bool:
        return True


def type_lines(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Let the next run of wingsctl read them."""
    monkeypatch.setattr("sys.stdin", Typed(lines))
