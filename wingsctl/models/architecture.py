"""What a model is made of, layer by layer, in sizes that do not depend on an engine.

Widths and heads count values. Everything is read from the model's own config.json (read.py).
Vectors (norms, biases) are left out: they are below 0.1 % of every model.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attention:
    """Grouped-query attention: each of `pairs` heads has a key and a value in the cache."""

    heads: int
    pairs: int
    size: int
    """Values of a query or key head."""
    value_size: int
    window: int | None = None
    """Tokens that a sliding layer looks back; None is all."""
    chunk: int | None = None
    """Tokens of a chunk, where attention stays within one (Llama 4)."""
    has_gate: bool = False
    """The query projection also makes a gate of the output."""
    shares_cache: bool = False
    """Reads the cache of an earlier layer, and has no keys and values of its own."""
    index: tuple[int, int] | None = None
    """Heads of an indexer that chooses blocks, and values of each."""


@dataclass(frozen=True)
class Latent:
    """Multi-head latent attention (MLA): the cache is one low-rank vector for all heads."""

    heads: int
    rank: int
    rope: int
    plain: int
    """Values of a head without position."""
    value: int
    query_rank: int = 0
    has_gate: bool = False
    index: tuple[int, int] | None = None
    """Heads of this layer's indexer and values of each; None where it has none of its own."""
    is_expanded: bool = False
    """The engine caches all heads as if it were ordinary attention."""


@dataclass(frozen=True)
class Compressed:
    """DeepSeek V4's attention: a window, and a cache of every `ratio` tokens compressed to one."""

    heads: int
    size: int
    query_rank: int
    output_rank: int
    output_groups: int
    ratio: int
    window: int
    index: tuple[int, int] | None = None


@dataclass(frozen=True)
class DeltaNet:
    """Linear attention with a gated delta rule: a state of fixed size for each request."""

    key_heads: int
    value_heads: int
    key_size: int
    value_size: int
    kernel: int
    state_bytes: int | None = None
    """Of a value of the state; None is the model's own type."""
    is_kimi: bool = False
    """Kimi Delta Attention: low-rank gates, one projection for each of query, key, value."""
    has_full_gate: bool = False


@dataclass(frozen=True)
class Mamba:
    """A Mamba 2 mixer: a state of fixed size for each request."""

    heads: int
    size: int
    groups: int
    state: int
    kernel: int
    state_bytes: int | None = None
    """Of a value of the state; None is the model's own type."""

    @property
    def inner(self) -> int:
        """Values between the two projections."""
        return self.heads * self.size


@dataclass(frozen=True)
class Dense:
    """A feed-forward layer: three matrices with a gate, two without."""

    width: int
    matrices: int = 3


@dataclass(frozen=True)
class Experts:
    """Routed experts, and those that all tokens share."""

    count: int
    chosen: int
    """Experts of each token."""
    width: int
    matrices: int = 3
    shared: Dense | None = None
    latent: int = 0
    """Width of the experts' input where it is not the hidden size."""
    beside: Dense | None = None
    """A dense layer beside the experts (Gemma 4)."""
    router_bytes: int | None = None
    """Of a value of the router; None is the model's own type."""


Mixer = Attention | Latent | Compressed | DeltaNet | Mamba
FeedForward = Dense | Experts


@dataclass(frozen=True)
class Layer:
    """One layer: a mixer of tokens, a feed-forward part, or one of them alone."""

    mixer: Mixer | None
    feed_forward: FeedForward | None
    whole: int = 0
    """Further values, which every rank keeps."""
    shared: int = 0
    """Further values, which ranks share."""


@dataclass(frozen=True)
class Tower:
    """An encoder of images or sounds, with its projector."""

    layers: int
    hidden: int
    heads: int
    width: int
    matrices: int = 2
    size: int = 0
    """Values of a head, where it is not hidden / heads."""
    rest: int = 0
    """Patches, positions: what every rank keeps."""
    projector: int = 0
    """Values of the projector, which ranks share."""
    is_whole: bool = False
    """Every rank keeps all of it."""


@dataclass(frozen=True)
class Model:
    """A whole model."""

    model_type: str
    hidden: int
    vocabulary: int
    layers: tuple[Layer, ...]
    is_tied: bool = False
    has_head: bool = True
    positions: int | None = None
    """The longest request, in tokens, without stretching."""
    rotary: int = 0
    """Values of the tables of rotary positions, which every rank keeps whole."""
    towers: tuple[Tower, ...] = ()
    whole: int = 0
    """Further values outside of the layers, which every rank keeps."""
    rows: int = 0
    """Further values of tables with a row for each token of the vocabulary."""
    has_fp4_experts: bool = False
    """The file says so apart from its quantization block."""
    encoder: tuple[Layer, ...] = ()
    """Layers of an encoder, which have no cache."""
    drafts: tuple[Layer, ...] = ()
    """Layers that predict further tokens, which engines load if asked."""
    doubts: tuple[str, ...] = ()
    """Keys that state sizes and are not understood."""

    def __hash__(self) -> int:
        """Without the layers: what is kept for a model is looked up more often than made."""
        return hash((self.model_type, self.hidden, self.vocabulary, len(self.layers)))
