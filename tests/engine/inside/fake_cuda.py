"""Stands in for NVIDIA cards: vLLM's own code of the platform, with what a driver would answer.

Imported before anything of vLLM but its platforms.
"""

import os
import sys
from types import ModuleType

import fake_torch_cuda
import torch
from fake_torch_cuda import CARD, capability, memory

COMPILED = (
    "vllm._C_stable_libtorch", "vllm._moe_C_stable_libtorch",
    "vllm.vllm_flash_attn._vllm_fa2_C", "vllm.vllm_flash_attn._vllm_fa3_C",
)  # fmt: skip
"""Kernels that the package for the CPU lacks, and that configurations do not run."""
for name in COMPILED:
    sys.modules.setdefault(name, ModuleType(name))


class Operators:
    """Compiled operators: those that say whether a card can use others always say yes."""

    def __init__(self, real):
        self.real = real

    def __getattr__(self, name):
        return yes if "support" in name else getattr(self.real, name)


def yes(*_, **__):
    return True


for name in ("_C", "_moe_C"):
    setattr(torch.ops, name, Operators(getattr(torch.ops, name)))
# Without cards to be seen vLLM keeps Triton, for drivers that come later.
os.environ["CUDA_VISIBLE_DEVICES"] = ""

from vllm import platforms
from vllm.platforms.cuda import CudaPlatformBase
from vllm.platforms.interface import DeviceCapability


class FakeCuda(CudaPlatformBase):
    """As many cards of one kind as the question names."""

    @classmethod
    def get_device_capability(cls, device_id=0):
        return DeviceCapability(*capability())

    @classmethod
    def get_device_name(cls, device_id=0):
        return CARD["title"]

    @classmethod
    def get_device_total_memory(cls, device_id=0):
        return memory()

    @classmethod
    def device_count(cls):
        return CARD["count"]

    @classmethod
    def is_fully_connected(cls, device_ids):
        return True

    @classmethod
    def is_integrated_gpu(cls, device_id=0):
        return False

    @classmethod
    def num_compute_units(cls, device_id=0):
        return 100

    @classmethod
    def get_cuda_runtime_major(cls):
        return 13


def install():
    """Once for the process; the package is not the one for the CPU any more."""
    platforms.vllm_version_matches_substr = lambda _text: False
    platforms._current_platform = FakeCuda()
    fake_torch_cuda.install_cards()
