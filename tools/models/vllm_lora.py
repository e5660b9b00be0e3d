"""Asks vLLM what its LoRA adapters take on one rank: the buffers that it makes as it starts.

vLLM keeps room for `max_loras` adapters of `max_lora_rank` in every layer that may have one,
whether or not an adapter is loaded. Its own manager makes these buffers here, on the meta device,
for two adapters of rank 16. A row has

adapter   bytes of one adapter of rank 1: times max_loras and times max_lora_rank they are all
          buffers that grow with both, which is asked once more with one adapter of rank 64
fixed     bytes that do not grow with the rank, for two adapters
modules   how many layers have them

The type of the buffers is that of the model (`lora_dtype` auto), and all layers that vLLM supports
have them, as without `lora_target_modules`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import torch
import vllm_processes
from layouts import Layout
from vllm.config import VllmConfig, set_current_vllm_config
from vllm.lora import model_manager
from vllm.lora.layers import FusedMoEWithLoRA
from vllm.lora.layers.base import BaseLayerWithLoRA
from vllm.lora.model_manager import LoRAModelManager
from vllm.model_executor.model_loader.utils import initialize_model
from vllm.model_executor.models.interfaces import supports_lora
from vllm.utils.torch_utils import set_default_torch_dtype
from vllm_extras import Extra, facts_of

if TYPE_CHECKING:
    from engine_facts import Source

ROOMS = ((1, 16), (1, 64), (4, 16), (4, 64))
"""Adapters and their rank, as they are asked."""


class _NoKernels:
    """What a manager keeps for running: nothing runs."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def _wrap_experts(self: Any, base_layer: Any) -> None:
    """What the buffers are made from, without the kernel that would use them."""
    BaseLayerWithLoRA.__init__(self)
    parallel = base_layer.moe_config.moe_parallel_config
    self.base_layer, self.moe_config = base_layer, base_layer.moe_config
    self._shared_experts = base_layer._shared_experts
    self.tp_size, self.tp_rank, self.device = parallel.tp_size, parallel.tp_rank, "meta"
    self._w13_slices = 2 if base_layer.moe_config.is_act_and_mul else 1
    self.enable_moe_shared_loras = False


model_manager.get_punica_wrapper = _NoKernels
FusedMoEWithLoRA.__init__ = _wrap_experts
FusedMoEWithLoRA.set_mapping = BaseLayerWithLoRA.set_mapping


def facts(source: Source) -> dict[str, Any]:
    """All of the facts file but what names the config and the engine."""
    return facts_of(_Adapters, source)


class _Adapters(Extra):
    """The same model, with room for adapters."""

    def _held(self, layout: Layout) -> dict[str, Any]:
        """Bytes of one adapter of rank 1, plainly and fully sharded, and what does not grow so."""
        rooms = self._rooms(layout, is_sharded=False)
        sharded = self._rooms(layout, is_sharded=True)
        small, modules = rooms[0]
        adapter = growth(rooms)
        return {
            "adapter": adapter, "fixed": small - adapter * ROOMS[0][1], "modules": modules,
            "sharded": growth(sharded),
        }  # fmt: skip

    def _rooms(self, layout: Layout, *, is_sharded: bool) -> list[tuple[int, int]]:
        return [self._room(layout, *room, is_sharded=is_sharded) for room in ROOMS]

    def _room(
        self, layout: Layout, adapters: int, rank: int, *, is_sharded: bool
    ) -> tuple[int, int]:
        self.flags |= {
            "enable_lora": True, "max_loras": adapters, "max_lora_rank": rank,
            "fully_sharded_loras": is_sharded,
        }  # fmt: skip
        config = self._engine_config(layout)
        with (
            set_current_vllm_config(config),
            vllm_processes.groups(layout),
            torch.device("meta"),
            set_default_torch_dtype(config.model_config.dtype),
        ):
            model = initialize_model(vllm_config=config)
            if not supports_lora(model):
                raise NotImplementedError(f"{type(model).__name__} does not support LoRA yet.")
            manager = _managed(model, config)
        self._note_head(config)
        tensors = [each for module in manager.modules.values() for each in _tensors(module)]
        return sum(each.nbytes for each in tensors), len(manager.modules)

    def _note_head(self, config: VllmConfig) -> None:
        self.head = {
            "dtype": str(config.model_config.dtype).removeprefix("torch."),
            "max_length": None if self.is_bare else config.model_config.max_model_len,
            "quantization": config.model_config.quantization,
        }


def growth(rooms: list[tuple[int, int]]) -> int:
    """Bytes for each adapter and rank; an adapter has a few of its own, whatever its rank.

    Raises RuntimeError where the buffers do not grow with the rank in the same way for each.
    """
    (small, _), (wide, _), (many_small, _), (many_wide, _) = rooms
    ranks, adapters = ROOMS[1][1] - ROOMS[0][1], ROOMS[2][0]
    size, rest = divmod(wide - small, ranks)
    if rest or many_wide - many_small != adapters * (wide - small):
        raise RuntimeError(f"{[held for held, _ in rooms]} bytes do not grow with the room")
    return size


def _managed(model: torch.nn.Module, config: VllmConfig) -> LoRAModelManager:
    return LoRAModelManager(
        model,
        config.scheduler_config.max_num_seqs,
        config.scheduler_config.max_num_batched_tokens,
        config.model_config.get_vocab_size(),
        config.lora_config,
        torch.device("meta"),
        config,
    )


def _tensors(module: torch.nn.Module) -> Iterator[torch.Tensor]:
    """What the layer has beside the one that it wraps; a view of it is no second one."""
    for value in vars(module).values():
        for each in value if isinstance(value, tuple) else [value]:
            if isinstance(each, torch.Tensor) and not each._is_view():
                yield each
