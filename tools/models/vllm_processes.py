"""Stands in for the processes of vLLM: its own code makes the groups, over the fake backend."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fake_ranks import fake_groups, fake_world
from layouts import Layout
from vllm.distributed import parallel_state


def install() -> None:
    """Once for the process, before a group is made."""
    fake_groups()
    parallel_state.init_model_parallel_group = _silent_group


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
def groups(layout: Layout) -> Iterator[None]:
    """All groups of processes that vLLM makes for the current configuration."""
    with fake_world(layout):
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
