"""What one layer keeps of each token, or of each request, on one rank."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.models.architecture import Attention, Compressed, DeltaNet, Latent, Mamba, Mixer

INDEX_SCALE_BYTES = 4
"""Of the indexer's keys: one scale for up to 128 values of 8 bits."""


@dataclass(frozen=True)
class CacheLayer:
    """Bytes of one layer on one rank."""

    token_bytes: float = 0
    """For each token."""
    request_bytes: int = 0
    """For each request, whatever its length: a state."""
    window: int | None = None
    """Tokens that are kept at most; None is all."""
    kind: str = "full"


def cache_layers(mixer: Mixer | None, tensor: int, value_bytes: float = 2) -> list[CacheLayer]:
    """The caches of one layer: none, one, or several where an indexer has its own."""
    match mixer:
        case Attention():
            return _attention(mixer, tensor, value_bytes)
        case Latent():
            return _latent(mixer, tensor, value_bytes)
        case Compressed():
            return _compressed(mixer)
        case DeltaNet():
            return [CacheLayer(request_bytes=_delta(mixer, tensor), kind="state")]
        case Mamba():
            return [CacheLayer(request_bytes=_mamba(mixer, tensor), kind="state")]
    return []


def _attention(it: Attention, tensor: int, value_bytes: float) -> list[CacheLayer]:
    if it.shares_cache:
        return []
    heads = max(1, it.pairs // tensor)
    wide = it.size + it.value_size
    found = [
        CacheLayer(
            heads * wide * value_bytes,
            window=it.window or it.chunk,
            kind="sliding" if it.window else "chunked" if it.chunk else "full",
        )
    ]
    if it.index:
        found.append(CacheLayer(it.index[1] * 2, kind="index"))
    return found


def _latent(it: Latent, tensor: int, value_bytes: float) -> list[CacheLayer]:
    if it.is_expanded:
        heads = max(1, it.heads // tensor)
        return [CacheLayer(2 * heads * (it.plain + it.rope) * value_bytes)]
    found = [CacheLayer((it.rank + it.rope) * value_bytes, kind="latent")]
    if it.index:
        found.append(CacheLayer(it.index[1] + INDEX_SCALE_BYTES, kind="index"))
    return found


def _compressed(it: Compressed) -> list[CacheLayer]:
    found = [CacheLayer(585, window=it.window, kind="sliding")]
    if it.ratio == 4:
        found += [
            CacheLayer(33.75, kind="index"), CacheLayer(146.25, kind="latent"),
            CacheLayer(2160, window=8, kind="sliding"), CacheLayer(8208, window=8, kind="sliding"),
        ]  # fmt: skip
    elif it.ratio:
        found += [CacheLayer(6.75, kind="latent"), CacheLayer(4104, window=128, kind="sliding")]
    return found


def _delta(it: DeltaNet, tensor: int) -> int:
    """A matrix for each value head, and what the convolution looks back at, in 16 bits."""
    keys, values = it.key_heads * it.key_size, it.value_heads * it.value_size
    convolution = (it.kernel - 1) * (2 * keys + values) // tensor
    return (
        it.state_bytes or 2
    ) * it.value_heads * it.key_size * it.value_size // tensor + 2 * convolution


def _mamba(it: Mamba, tensor: int) -> int:
    groups = max(it.groups, tensor)
    wide = (it.inner + 2 * groups * it.state) // tensor
    return (it.state_bytes or 2) * it.heads * it.size * it.state // tensor + 2 * (
        it.kernel - 1
    ) * wide
