"""Stands in for processes and kernels of SGLang, as vllm_processes.py and vllm_kernels.py do."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from fake_gpu import fake_gpu
from fake_ranks import environment_kept, fake_groups, fake_world
from layouts import Layout
from sglang.srt.arg_groups import mamba_hook
from sglang.srt.distributed import parallel_state
from sglang.srt.layers import quantization
from sglang.srt.layers.rotary_embedding import factory, rope_variant
from sglang.srt.runtime_context import get_parallel, override_platform

__all__ = ["environment_kept", "groups", "install"]


class _EveryKernel:
    """What the compiled kernels' namespace says of a name that it does not have."""

    def __getattr__(self, name: str) -> Any:
        def kernel(*_: Any, **__: Any) -> None:
            raise NotImplementedError(f"sgl_kernel.{name} is for running a model")

        return kernel


def install() -> None:
    """Once for the process, before a model's module is imported."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    fake_groups()
    parallel_state.init_model_parallel_group = _silent_group
    torch.ops.sgl_kernel = _EveryKernel()
    fake_gpu()
    torch.cuda.get_device_capability = lambda *_, **__: (9, 0)
    override_platform(is_blackwell=True).install()  # for its 4-bit formats
    mamba_hook._platform_supports_mamba_cache_extra_buffer = lambda: True
    factory.get_rope_cpu = _rope
    rope_variant.get_device = lambda *_: "meta"
    quantization.QUANTIZATION_METHODS.setdefault("mxfp4", quantization.Mxfp4Config)


def _rope(*arguments: Any) -> torch.nn.Module:
    """The one of GPUs, without the device that is the last argument."""
    return factory.get_rope(*arguments[:-1])


def _silent_group(
    group_ranks: list[list[int]], local_rank: int, backend: str, *_: Any, **named: Any
) -> parallel_state.GroupCoordinator:
    """A group that opens no channel to its other ranks."""
    channels = ("pynccl", "mscclpp", "custom_allreduce", "torch_symm_mem_all_reduce")
    closed = {f"use_{name}": False for name in (*channels, "hpu_communicator", "xpu_communicator")}
    return parallel_state.GroupCoordinator(
        group_ranks, local_rank, backend, group_name=named.get("group_name"), **closed
    )


@contextmanager
def groups(layout: Layout) -> Iterator[None]:
    """All groups of processes that SGLang makes for the published arguments."""
    with fake_world(layout):
        try:
            world = parallel_state.init_world_group(list(range(layout.size)), 0, "fake")
            parallel_state._WORLD = world
            get_parallel().override_permanently(world_group=world)
            parallel_state.initialize_model_parallel(backend="fake")
            yield
        finally:
            parallel_state.destroy_model_parallel()
            parallel_state._WORLD = None
