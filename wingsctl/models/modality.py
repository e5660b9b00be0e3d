"""config.json -> what goes into a model and what it is for, as far as the file says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Input = Literal["text", "image", "video", "audio"]
Task = Literal["generation", "embedding", "score", "reward", "transcription"]

_IMAGE = ("vision_config", "img_processor", "mm_vision_tower", "visual")
_VIDEO = ("video_token_id", "video_token_index", "video_placeholder")
_AUDIO = ("audio_config", "audio_processor")
_SPEECH = "WhisperForConditionalGeneration"
_TASKS: tuple[tuple[str, Task], ...] = (
    ("ForSequenceClassification", "score"),
    ("ForRewardModel", "reward"),
    ("ForCausalLM", "generation"),
    ("ForConditionalGeneration", "generation"),
    ("LMHeadModel", "generation"),
    ("ChatGLMModel", "generation"),
)
"""By the ending of the class; the first that matches counts."""
_ENCODERS = ("BertModel", "RobertaModel", "XLMRobertaModel")
"""Encoders without a head, which give one vector a text."""


def read_inputs(config: Mapping[str, Any]) -> list[Input]:
    """What the model takes; a file without a tower takes text alone."""
    if _class_of(config) == _SPEECH:
        return ["audio"]
    kinds: tuple[tuple[Input, tuple[str, ...]], ...] = (("image", _IMAGE), ("audio", _AUDIO))
    found: list[Input] = [name for name, keys in kinds if any(config.get(key) for key in keys)]
    if "image" in found and any(config.get(key) is not None for key in _VIDEO):
        found.insert(1, "video")
    return ["text", *found]


def read_task(config: Mapping[str, Any]) -> Task | None:
    """By the class that the file names; None where that leaves it open.

    The class of a language model may also belong to a model for embeddings, which only its
    publisher says.
    """
    name = _class_of(config)
    if name == _SPEECH:
        return "transcription"
    if name in _ENCODERS:
        return "embedding"
    return next((task for ending, task in _TASKS if name.endswith(ending)), None)


def _class_of(config: Mapping[str, Any]) -> str:
    names = config.get("architectures")
    return str(names[0]) if isinstance(names, list) and names else ""
