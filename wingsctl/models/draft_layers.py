"""Layers beyond the last, which predict further tokens (MTP): engines load them if asked.

Each is like the model's last layer with attention, behind a projection of two hidden states.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wingsctl.models.architecture import Attention, Compressed, Latent, Layer
from wingsctl.models.keys import Keys

COUNTS = ("num_nextn_predict_layers", "mtp_num_hidden_layers")
"""Names of their number; engines load no others."""
ALWAYS_ONE = ("qwen3_next",)
"""Families that have one without saying so, as vLLM 0.32.0 builds it."""
DIVIDED = ("nemotron_h", "qwen3_next", "qwen3_5")
"""Families whose projection ranks divide; of the others each rank keeps it whole."""
MOST = 16


def read_draft_layers(keys: Keys, kind: str, layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Those that the file counts; none where it counts none."""
    count = max(keys.number(name) for name in COUNTS) or int(kind in ALWAYS_ONE)
    with_attention = [each for each in layers if _attends(each)]
    if not count or not with_attention:
        return ()
    last = with_attention[-1]
    feeding = [each.feed_forward for each in layers if each.feed_forward]
    values = 2 * keys.number("hidden_size") ** 2
    is_divided = kind.startswith(DIVIDED)
    drafted = replace(
        last,
        feed_forward=last.feed_forward or (feeding[-1] if feeding else None),
        whole=last.whole + (0 if is_divided else values),
        shared=last.shared + (values if is_divided else 0),
    )
    return (drafted,) * min(count, MOST)


def _attends(layer: Layer) -> bool:
    return isinstance(layer.mixer, Attention | Latent | Compressed)
