"""How far a command over many profiles is, for a person who waits at a terminal."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wingsctl.cli.output import Report, terminal_of_messages

if TYPE_CHECKING:
    from wingsctl.actions.profile_request import Progress

FROM = 11
"""Profiles: what is fewer is done before a line could be read."""


@contextmanager
def counting(report: Report) -> Iterator[Progress]:
    """One line on standard error (`42/200 name`), gone when the block ends, however it ends.

    Nothing is shown in pipes, in CI, beside data for programs, and where a terminal is dumb.
    """
    terminal = terminal_of_messages()
    if terminal is None or report.is_data or os.environ.get("CI") or _is_dumb():
        yield lambda done, total, name: None
        return
    columns = shutil.get_terminal_size().columns

    def show(done: int, total: int, name: str) -> None:
        if total >= FROM:
            terminal.redraw(_cut(f"{done}/{total} {name}", columns))

    try:
        yield show
    finally:
        terminal.redraw("")


def _is_dumb() -> bool:
    return os.environ.get("TERM", "") == "dumb"


def _cut(text: str, columns: int) -> str:
    """At most a line; what is not ASCII may take two columns a character."""
    return text[: columns - 1 if text.isascii() else columns // 2]
