"""A model's own config.json -> what the model is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wingsctl.models.architecture import Dense, Layer, Model
from wingsctl.models.draft_layers import read_draft_layers
from wingsctl.models.feed_forward import read_feed_forward
from wingsctl.models.keys import NEEDED, Keys, Wrong, text_keys
from wingsctl.models.layer_kinds import count_layers
from wingsctl.models.mixers import read_mixer
from wingsctl.models.rotary import Yarn, longest, table_values
from wingsctl.models.towers import read_towers

WITH_POSITIONS = {"bert", "roberta", "xlm-roberta", "opt", "whisper"}
"""Families with a table of positions instead of rotary ones."""
HEADLESS = ("Embedding", "SequenceClassification", "RewardModel", "BertModel", "RobertaModel")


class UnusableConfigError(Exception):
    """What is missing or cannot be, in `wrong`."""

    def __init__(self, wrong: list[Wrong]) -> None:
        super().__init__("; ".join(f"{'.'.join(each.path)} {each.message}" for each in wrong))
        self.wrong = wrong


def read_model(config: Mapping[str, Any], yarn: Yarn = "included") -> Model:
    """The whole model; its `doubts` name what is not understood.

    `yarn` is how the engine derives the length of a model that YaRN stretches.
    Raises UnusableConfigError with all facts that are missing or cannot be.
    """
    return _read(config, text_keys(config), yarn)


def keys_read(config: Mapping[str, Any]) -> frozenset[str]:
    """Names that reading a file asks for, those of the language model."""
    keys = text_keys(config)
    _read(config, keys)
    return frozenset(keys.seen)


def _read(config: Mapping[str, Any], keys: Keys, yarn: Yarn = "included") -> Model:
    kind = str(keys.get("model_type", ""))
    is_tied = _is_tied(config, keys)
    _check_needed(keys)
    layers = tuple(_layer(keys, kind, index) for index in range(count_layers(keys)))
    model = Model(
        model_type=kind,
        hidden=keys.number("hidden_size"),
        vocabulary=keys.number("vocab_size"),
        layers=layers,
        is_tied=is_tied,
        has_head=not any(word in _classes(config) for word in HEADLESS),
        positions=longest(keys, kind, yarn),
        rotary=0 if kind in WITH_POSITIONS else table_values(keys, kind),
        towers=read_towers(config),
        has_fp4_experts=keys.get("expert_dtype") == "fp4",
        drafts=read_draft_layers(keys, kind, layers),
    )
    model = _with_layer_tables(_with_positions(_with_encoder(model, keys), keys), keys)
    if keys.wrong:
        raise UnusableConfigError(keys.wrong)
    # What a layer keeps of the encoder's output is not counted.
    doubts = [*keys.unread(), *(["encoder_layers"] if model.encoder else [])]
    return replace(model, doubts=tuple(sorted(doubts)))


def _check_needed(keys: Keys) -> None:
    """Before anything is divided by them."""
    listed = bool(keys.items("layers_block_type"))
    for name in NEEDED:
        if keys.get(name) is not None:
            keys.number(name)
        elif not (listed and name == "num_hidden_layers"):
            keys.note(name, "is required but missing")
    heads, hidden = keys.number("num_attention_heads"), keys.number("hidden_size")
    if 0 < hidden < heads and not keys.number("head_dim"):
        keys.note(
            "num_attention_heads",
            f"{heads} attention heads cannot share a hidden size of {hidden}",
            "correct one of the two, or give the size of a head",
        )
    if keys.wrong:
        _look_at_the_rest(keys)
        raise UnusableConfigError(keys.wrong)


def _look_at_the_rest(keys: Keys) -> None:
    """So that all that is wrong is reported at once."""
    for name in ("head_dim", "max_position_embeddings", "num_key_value_heads"):
        keys.number(name)
    if not keys.items("intermediate_size"):
        keys.number("intermediate_size")


def _layer(keys: Keys, kind: str, index: int) -> Layer:
    return Layer(read_mixer(keys, kind, index), read_feed_forward(keys, kind, index))


def _is_tied(config: Mapping[str, Any], keys: Keys) -> bool:
    """A model of several kinds of input says it outside, if at all."""
    outer = config.get("tie_word_embeddings")
    found = keys.get("tie_word_embeddings", False) if outer is None else outer
    if not isinstance(found, bool):
        keys.note("tie_word_embeddings", f"must be true or false, not {found!r}")
    return bool(found)


def _classes(config: Mapping[str, Any]) -> str:
    """Names of the classes that the file was saved from."""
    found = config.get("architectures")
    return " ".join(map(str, found)) if isinstance(found, list) else ""


def _with_encoder(model: Model, keys: Keys) -> Model:
    """Whisper: layers that listen, and attention to them in each layer that speaks."""
    count = keys.number("encoder_layers") if model.model_type == "whisper" else 0
    if not count:
        return model
    hidden, mixer = model.hidden, model.layers[0].mixer
    listening = Layer(mixer, Dense(keys.number("encoder_ffn_dim"), 2))
    sounds = 3 * hidden * (keys.number("num_mel_bins") + hidden)
    return replace(
        model,
        layers=tuple(replace(each, shared=4 * hidden**2) for each in model.layers),
        encoder=(listening,) * count,
        whole=hidden * keys.number("max_source_positions") + sounds,
    )


def _with_positions(model: Model, keys: Keys) -> Model:
    if model.model_type not in WITH_POSITIONS:
        return model
    table = keys.number("max_position_embeddings") * model.hidden
    head = 0 if model.has_head else model.hidden**2
    return replace(model, rows=table, whole=model.whole + head)


def _with_layer_tables(model: Model, keys: Keys) -> Model:
    """Gemma 4's small models: an embedding of each token for each layer."""
    width = keys.number("hidden_size_per_layer_input")
    if not width:
        return model
    count = len(model.layers)
    return replace(
        model,
        layers=tuple(replace(each, whole=2 * model.hidden * width) for each in model.layers),
        rows=(keys.number("vocab_size_per_layer_input") + model.hidden) * width * count,
    )
