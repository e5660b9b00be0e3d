"""The commands of an install that change something or wait, in the order in which they ran."""

from __future__ import annotations

from collections.abc import Callable

from wingsctl.adapters.process import Finished, Runner

Show = Callable[[list[str]], None]


class Steps:
    """Shows each command, then runs it; with `capture` what they print is kept, not shown."""

    def __init__(self, run: Runner, show: Show, *, capture: bool) -> None:
        self._run = run
        self._show = show
        self._capture = capture
        self.commands: list[list[str]] = []

    def helm(self, command: list[str], text: str | None = None) -> Finished:
        """Helm, with its output as ours; `text` is its standard input."""
        return self._step(command, text, is_progress=False)

    def waiting(self, command: list[str]) -> Finished:
        """A kubectl that waits; what it prints is progress."""
        return self._step(command, None, is_progress=True)

    def looking(self, command: list[str]) -> None:
        """A look that is repeated: shown once."""
        self.commands.append(command)
        self._show(command)

    def _step(self, command: list[str], text: str | None, *, is_progress: bool) -> Finished:
        self.commands.append(command)
        self._show(command)
        return self._run(command, capture=self._capture, text=text, is_progress=is_progress)
