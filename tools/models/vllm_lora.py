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

ROOMS = ((2, 16), (1, 64))
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
        (grown, fixed, modules), (narrow, _, _) = [self._room(layout, *room) for room in ROOMS]
        adapters, rank = ROOMS[0]
        size = grown / adapters / rank
        if narrow != size * ROOMS[1][0] * ROOMS[1][1]:
            raise RuntimeError(f"{grown} and {narrow} bytes do not grow with adapters and rank")
        return {"adapter": int(size), "fixed": fixed, "modules": modules}

    def _room(self, layout: Layout, adapters: int, rank: int) -> tuple[int, int, int]:
        self.flags |= {"enable_lora": True, "max_loras": adapters, "max_lora_rank": rank}
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
        grown = sum(each.nbytes for each in tensors if rank in each.shape and each.ndim > 2)
        return grown, sum(each.nbytes for each in tensors) - grown, len(manager.modules)

    def _note_head(self, config: VllmConfig) -> None:
        self.head = {
            "dtype": str(config.model_config.dtype).removeprefix("torch."),
            "max_length": None if self.is_bare else config.model_config.max_model_len,
            "quantization": config.model_config.quantization,
        }


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
