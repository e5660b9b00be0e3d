"""Several releases at once: what fails names its story and its step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

T = TypeVar("T")


class Step:
    """A part of a story. Its seconds are printed; an error inside carries its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> Step:
        self._began = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        print(f"{self.name}: {time.monotonic() - self._began:.1f} s")
        if error:
            error.add_note(f"in the step: {self.name}")


def all_at_once(stories: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    """What each story returns; the errors of all at once, each with its story's name."""
    with ThreadPoolExecutor(len(stories)) as threads:
        running = {name: threads.submit(story) for name, story in stories.items()}
    errors = []
    for name, each in running.items():
        if error := each.exception():
            error.add_note(f"in the story: {name}")
            errors.append(error)
    if errors:
        raise BaseExceptionGroup(f"{len(errors)} of {len(stories)} stories failed", errors)
    return {name: each.result() for name, each in running.items()}
