"""One rank of a group of processes whose others do not exist: torch's fake backend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from layouts import Layout
from torch.testing._internal.distributed.fake_pg import FakeStore


def fake_groups() -> None:
    """Once for the process: every group is of the fake backend, whatever its maker asks for."""
    new_group = torch.distributed.new_group

    def new_fake_group(ranks: list[int], *_: Any, **__: Any) -> Any:
        return new_group(ranks, backend="fake")

    torch.distributed.new_group = new_fake_group


@contextmanager
def fake_world(layout: Layout) -> Iterator[None]:
    """As many processes as the layout has ranks; this is the one that is asked."""
    place = {"rank": layout.rank, "world_size": layout.size}
    torch.distributed.init_process_group("fake", store=FakeStore(), **place)
    try:
        yield
    finally:
        torch.distributed.destroy_process_group()


@contextmanager
def environment_kept() -> Iterator[None]:
    """An engine's configuration sets variables that would speak to the next model, too."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
