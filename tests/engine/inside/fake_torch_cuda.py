"""Stands in for NVIDIA cards where an engine asks torch about them, and for SGLang's kernels."""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace

import torch

GIB = 2**30
CARD = {"title": "", "capability": "9.0", "memoryGib": 80, "count": 1}


class Kernel:
    """A compiled function, or an object with more of them."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Kernel()

    def __call__(self, *_, **__):
        return None


class Kernels(ModuleType):
    """A compiled module: every name is there, and nothing is run."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Kernel()


class KernelModules(MetaPathFinder, Loader):
    """Finds everything below sgl_kernel."""

    def find_spec(self, fullname, path=None, target=None):
        is_kernel = fullname.partition(".")[0] == "sgl_kernel"
        return ModuleSpec(fullname, self, is_package=True) if is_kernel else None

    def create_module(self, spec):
        return Kernels(spec.name)

    def exec_module(self, module):
        pass


def capability(*_, **__):
    return tuple(map(int, CARD["capability"].split(".")))


def memory():
    return int(CARD["memoryGib"] * GIB)


def properties(*_, **__):
    major, minor = capability()
    return SimpleNamespace(
        name=CARD["title"], major=major, minor=minor, total_memory=memory(),
        multi_processor_count=100, is_integrated=False,
    )  # fmt: skip


def install_cards():
    """What torch says of a card; that there is one it does not say."""
    torch.cuda._lazy_init = lambda: None
    torch.cuda.get_device_capability = capability
    torch.cuda.get_device_properties = properties
    torch.cuda.get_device_name = lambda *_: CARD["title"]
    torch.cuda.mem_get_info = lambda *_: (memory(), memory())
    torch.cuda.current_device = lambda: 0


def install():
    """Once for the process, before the engine is imported."""
    install_cards()
    sys.meta_path.insert(0, KernelModules())
    torch.cuda.is_available = lambda: True
    torch.cuda.device_count = lambda: CARD["count"]
