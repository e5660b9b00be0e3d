"""Stands in for the processes of an engine: one rank of a group whose others do not exist.

The groups are made by vLLM's own code over torch's fake backend, which answers for all ranks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from layouts import Layout
from torch.testing._internal.distributed.fake_pg import FakeStore
from vllm.distributed import parallel_state


def install() -> None:
    """Once for the process, before a group is made."""
    torch.distributed.new_group = _fake_backend(torch.distributed.new_group)
    parallel_state.init_model_parallel_group = _silent_group


def _fake_backend(new_group: Callable[..., Any]) -> Callable[..., Any]:
    def new_fake_group(ranks: list[int], *_: Any, **__: Any) -> Any:
        return new_group(ranks, backend="fake")

    return new_fake_group


def _silent_group(
    group_ranks: list[list[int]],
    local_rank: int,
    backend: str,
    group_name: str | None = None,
    **_: Any,
) -> parallel_state.GroupCoordinator:
    """A group that opens no channel to its other ranks."""
    return parallel_state.GroupCoordinator(
        group_ranks, local_rank, backend, use_device_communicator=False, group_name=group_name
    )


@contextmanager
def environment_kept() -> Iterator[None]:
    """An engine's configuration sets variables that would speak to the next model, too."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def groups(layout: Layout) -> Iterator[None]:
    """All groups of processes that vLLM makes for the current configuration."""
    world = {"rank": layout.rank, "world_size": layout.size}
    torch.distributed.init_process_group("fake", store=FakeStore(), **world)
    try:
        parallel_state._WORLD = parallel_state.init_world_group(
            list(range(layout.size)), layout.rank, "fake"
        )
        parallel_state._NODE_COUNT = 1
        parallel_state.initialize_model_parallel(layout.tensor, layout.pipeline, backend="fake")
        yield
    finally:
        parallel_state.destroy_model_parallel()
        parallel_state._WORLD = None
        torch.distributed.destroy_process_group()
