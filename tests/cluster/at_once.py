"""Stories that each wait for their own pods, at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def at_once(stories: Mapping[str, Callable[[], T]]) -> Iterator[dict[str, Future[T]]]:
    """Each in a thread, by its name; `result()` raises what the story has raised.

    Leaving the block waits for all of them.
    """
    with ThreadPoolExecutor(len(stories)) as threads:
        yield {name: threads.submit(story) for name, story in stories.items()}
