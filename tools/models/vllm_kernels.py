"""Stands in for kernels and devices: every kernel is said to be there, and nothing is moved.

A model's tensors are made before any kernel runs, and with few exceptions alike for all of them.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from enum import EnumType
from types import FunctionType, ModuleType
from typing import Any

import torch
from fake_gpu import fake_gpu
from vllm.model_executor.kernels import linear
from vllm.model_executor.layers.fused_moe import oracle
from vllm.model_executor.layers.fused_moe.expert_map_manager import ExpertMapManager
from vllm.model_executor.layers.fused_moe.modular_kernel import FusedMoEExperts
from vllm.platforms import PlatformEnum

PREFERRED_BACKENDS = ("TRITON", "MARLIN")
"""For experts: those that pad least, as a GPU without a special one takes them."""


def install() -> None:
    """Once for the process, before a model is built."""
    torch.nn.Module.to = _stay(torch.nn.Module.to)
    fake_gpu()
    ExpertMapManager.__init__ = _with_memory(ExpertMapManager.__init__)
    _accept_linear_kernels()
    _accept_expert_kernels()


def _stay(move: Callable[..., torch.nn.Module]) -> Callable[..., torch.nn.Module]:
    """A module takes the dtype that it is sent to, and stays on the meta device."""

    def to(self: torch.nn.Module, *args: Any, **kwargs: Any) -> torch.nn.Module:
        dtype = torch._C._nn._parse_to(*args, **kwargs)[1]
        return move(self, dtype) if dtype else self

    return to


def _with_memory(make: Callable[..., None]) -> Callable[..., None]:
    """Which experts are this rank's is a small tensor that is looked into as it is made."""

    def make_here(*args: Any, **kwargs: Any) -> None:
        with torch.device("cpu"):
            make(*args, **kwargs)

    return make_here


def _accept_linear_kernels() -> None:
    for name, kernels in vars(linear).items():
        if name.startswith("_POSSIBLE_"):
            if not kernels.get(PlatformEnum.CPU):
                kernels[PlatformEnum.CPU] = kernels.get(PlatformEnum.CUDA, [])
            for kernel in kernels[PlatformEnum.CPU]:
                kernel.is_supported = kernel.can_implement = _yes


def _yes(*_: Any, **__: Any) -> tuple[bool, str]:
    return True, ""


def _accept_expert_kernels() -> None:
    for found in pkgutil.iter_modules(oracle.__path__, oracle.__name__ + "."):
        module = importlib.import_module(found.name)
        for name, value in list(vars(module).items()):
            is_own = isinstance(value, FunctionType) and value.__module__ == module.__name__
            if is_own and re.fullmatch(r"select_\w*backend", name):
                replace_everywhere(value, _answer(_preferred_backend(module)))


def _answer(backend: Any) -> Callable[..., tuple[Any, type]]:
    return lambda *_, **__: (backend, FusedMoEExperts)


def _preferred_backend(module: ModuleType) -> Any:
    named = [value for name, value in vars(module).items() if name.endswith("Backend")]
    backends = next(each for each in named if isinstance(each, EnumType))
    there = [name for name in PREFERRED_BACKENDS if name in backends.__members__]
    return backends[there[0]] if there else next(iter(backends))


def replace_everywhere(original: Any, stand_in: Any) -> None:
    """In all modules of vLLM that have the original under any name."""
    for name, module in list(sys.modules.items()):
        if name.startswith("vllm.") and isinstance(module, ModuleType):
            for key in [key for key, value in vars(module).items() if value is original]:
                setattr(module, key, stand_in)
