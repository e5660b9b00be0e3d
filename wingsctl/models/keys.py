"""The keys of a config.json, whatever each family calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wingsctl.models.defaults import DEFAULTS

INNER = ("text_config", "llm_config", "language_config")
"""Where a model of several kinds of input keeps the facts of its language model."""
NAMES = {
    "hidden_size": ("hidden_size", "n_embd", "d_model"),
    "num_hidden_layers": ("decoder_layers", "num_hidden_layers", "num_layers", "n_layer"),
    "num_attention_heads": ("decoder_attention_heads", "num_attention_heads", "n_head"),
    "num_key_value_heads": ("num_key_value_heads", "num_attention_groups", "n_head_kv"),
    "head_dim": ("head_dim", "kv_channels"),
    "intermediate_size": (
        "intermediate_size", "ffn_hidden_size", "decoder_ffn_dim", "ffn_dim", "n_inner",
        "ff_intermediate_size",
    ),
    "vocab_size": ("padded_vocab_size", "vocab_size"),
    "max_position_embeddings": (
        "max_position_embeddings", "seq_length", "n_positions", "max_sequence_length",
        "max_target_positions", "model_max_length",
    ),
    "num_experts": ("n_routed_experts", "num_experts", "num_local_experts", "moe_num_experts"),
    "num_experts_per_tok": (
        "num_experts_per_tok", "num_experts_per_token", "top_k_experts", "moe_top_k",
        "experts_per_token",
    ),
    "moe_intermediate_size": ("moe_intermediate_size", "expert_intermediate_size"),
    "n_shared_experts": ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts"),
    "shared_expert_intermediate_size": (
        "shared_expert_intermediate_size", "moe_shared_expert_intermediate_size",
        "shared_intermediate_size",
    ),
}  # fmt: skip
"""Where a file has several of a fact's names, the first counts."""
NEEDED = ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
"""Facts that are at least 1."""
PARTS = 2**14
"""Most heads and experts; the largest published numbers are 128 and 896."""
LIMITS = {
    "num_hidden_layers": 2**10,
    "max_position_embeddings": 2**30,
    "num_attention_heads": PARTS,
    "num_key_value_heads": PARTS,
    "num_experts": PARTS,
}
MOST = 2**24
"""Of every other number; the largest published is a vocabulary of 262,208."""
_SIZES = re.compile(
    r"(^|_)(size|dim|num|n|rank|heads?|layers?|experts?|groups?|width|hc|configs?|blocks?)(_|$)"
)
_MATTERS = {"index_kpool"}
"""Keys that say nothing of a size, and change a cache: the indexer keeps pools of tokens."""
_HARMLESS = re.compile(
    r"token|rope|eps|chunk_size|beams?|return|group$|top_?k|vision|image|video|audio|mm_|projector|"
    r"mtp|nextn|ep_size|_tp$|window_layers|type_vocab|quantization|attention_layers|blocksparse|"
    r"initial_context|mamba_hidden|time_step|mup_|scale|hc_|hash|rotary|qk_head|out_hidden|merge|"
    r"interval|filter|classifier|encoder|every_n|dim_model_base|per_layer_input|config$"
)


@dataclass(frozen=True)
class Wrong:
    """A value that cannot be; `path` as in the file."""

    path: tuple[str, ...]
    message: str
    hint: str = ""


@dataclass
class Keys:
    """One mapping of keys: what was asked for is remembered, and so is what is wrong."""

    data: Mapping[str, Any]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """What the model's class takes where a key is absent; not where it is null."""
    path: tuple[str, ...] = ()
    """Of this mapping in the file."""
    inner_keys: frozenset[str] = frozenset()
    """Those that are in the language model's own mapping."""
    seen: set[str] = field(default_factory=set)
    wrong: list[Wrong] = field(default_factory=list)
    _found: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """The first of a fact's names that is given."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        found = self._found[name]
        return default if found is None else found

    def _look_up(self, name: str) -> Any:
        """None where it is absent or null, and the class has no default for what is absent."""
        names = NAMES.get(name, (name,))
        self.seen.update(names)
        for each in names:
            if self.data.get(each) is not None:
                return self.data[each]
        is_null = any(each in self.data for each in names)
        return None if is_null else self.defaults.get(name)

    def number(self, name: str, default: int = 0) -> int:
        """A whole number from 0 to its limit; anything else is noted as wrong."""
        found = self.get(name)
        if found is None:
            return default
        if reason := _why_not(found, int(name in NEEDED), LIMITS.get(name, MOST)):
            self.note(name, reason, _hint(found))
            return default
        return int(found)

    def flag(self, name: str, default: bool = False) -> bool:
        """Whether it is set."""
        return bool(self.get(name, default))

    def items(self, name: str) -> list[Any]:
        """A list; empty where it is absent."""
        found = self.get(name)
        return found if isinstance(found, list) else []

    def inner(self, name: str) -> Keys:
        """A nested mapping; empty where it is absent."""
        found = self.get(name)
        mapping = found if isinstance(found, dict) else {}
        path = self.place_of(name)
        return Keys(mapping, path=path, inner_keys=frozenset(mapping), wrong=self.wrong)

    def unread(self) -> Iterator[str]:
        """Keys that state some size and were not asked for."""
        for name, value in self.data.items():
            if name in self.seen or value in (None, False, 0, 1, [], {}) or isinstance(value, str):
                continue
            is_size = _SIZES.search(name) and not _HARMLESS.search(name)
            if is_size or name in _MATTERS:
                yield name

    def note(self, name: str, message: str, hint: str = "") -> None:
        """Something that cannot be, once."""
        wrong = Wrong(self.place_of(name), message, hint)
        if wrong not in self.wrong:
            self.wrong.append(wrong)

    def place_of(self, name: str) -> tuple[str, ...]:
        """The path of a fact in the file, under the name that it has there."""
        written = next((each for each in NAMES.get(name, (name,)) if each in self.data), name)
        return (*self.path, written) if written in self.inner_keys else (written,)


def _why_not(value: Any, least: int, most: int) -> str:
    """Why this is no size; empty where it is one."""
    if not isinstance(value, int) or isinstance(value, bool):
        return f"must be a whole number, not {_shown(value)}"
    if value < least:
        return f"must be at least {least}, not {value}"
    return f"must be at most {most}, not {value}" if value > most else ""


def _hint(value: Any) -> str:
    return "write it without quotes" if isinstance(value, str) and value.isdigit() else ""


def _shown(value: Any) -> str:
    """As YAML and JSON write it, cut where it is long."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def text_keys(config: Mapping[str, Any]) -> Keys:
    """Those of the language model, with the defaults of its class."""
    place = next((name for name in INNER if isinstance(config.get(name), dict)), "")
    inner = config[place] if place else {}
    kind = str(inner.get("model_type") or config.get("model_type") or "")
    data = {**config, **inner}
    defaults = DEFAULTS.get(kind, {})
    return Keys(data, defaults, (place,) if place else (), frozenset(inner))
