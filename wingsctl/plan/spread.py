"""How data and expert parallelism divide a model, beside tensor parallelism.

Sources: vllm 0.32.0, model_executor/layers/fused_moe/config.py (experts without expert parallelism
are cut over tensor x data ranks) and config/parallel.py (use_sequence_parallel_moe: every rank
keeps the shared experts); sglang 0.5.9, srt/models/deepseek_v2.py (the attention's ranks, a dense
layer's, the head's, shared experts beside an all-to-all backend) and
srt/layers/moe/fused_moe_triton/layer.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.models.weights import Division


@dataclass(frozen=True)
class Spread:
    """What a profile says beside the tensor parallel size."""

    data: int = 1
    is_inside: bool = False
    """Data parallel ranks are carved out of the tensor parallel ones."""
    expert: int | None = 1
    """Ranks over which whole experts are spread; None is all."""
    is_exchanged: bool = False
    """Tokens travel to the experts, so that every rank keeps the shared ones."""
    is_dense_whole: bool = False
    """Every rank keeps dense feed-forward layers."""
    is_head_local: bool = False
    """The head is divided as the attention is."""
    redundant: int = 0
    """Copies of routed experts."""

    def attention_ranks(self, tensor: int) -> int:
        """Ranks that share the attention and its cache, of so many tensor parallel ones."""
        return max(1, tensor // self.data) if self.is_inside else tensor

    def division(self, tensor: int, value_bytes: int, padding: tuple[int, int]) -> Division:
        """What each rank holds."""
        ranks = tensor if self.is_inside else tensor * self.data
        expert = ranks if self.expert is None else min(self.expert, ranks)
        attention = self.attention_ranks(tensor)
        return Division(
            attention,
            expert,
            value_bytes,
            *padding,
            expert_tensor=max(1, ranks // expert),
            dense=1 if self.is_dense_whole else tensor,
            shared=1 if self._keeps_shared(tensor) else tensor,
            head=attention if self.is_head_local else tensor,
            redundant=self.redundant if expert > 1 else 0,
        )

    def _keeps_shared(self, tensor: int) -> bool:
        is_sequence = self.expert is None and not self.is_inside and tensor > 1 and self.data > 1
        return self.is_exchanged or is_sequence


ALONE = Spread()
