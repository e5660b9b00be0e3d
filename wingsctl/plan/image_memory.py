"""What the images of the engine's profile run take."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.models.architecture import Model, Tower
from wingsctl.plan.memory_request import MemoryRequest, Settings


@dataclass(frozen=True)
class Images:
    """How a family turns images into tokens."""

    tokens: int
    """Of the largest image or video; 0 where many small ones fill the batch."""
    patches: int
    """Of the encoder for each token of the language model."""


PLAIN = Images(0, 4)
"""A projector that merges two by two patches, as most do."""
# Tokens as vLLM logs them for its run ("a budget of ... tokens, and profiled with ... items"),
# from logs of 0.8 to 0.30; patches from the models' own config.json: what is merged or pooled.
FAMILIES = {
    "qwen2_vl": Images(16384, 4),
    "qwen2_5_vl": Images(16384, 4),
    "qwen3_vl": Images(16384, 4),
    "qwen3_5": Images(16384, 4),
    "gemma3": Images(256, 16),
    "gemma4": Images(2496, 9),
    "mistral3": Images(3025, 4),
}


def encoder_tokens(request: MemoryRequest, settings: Settings) -> int:
    """Tokens of all images of the run: those of one, or as many as a batch holds."""
    if not request.model.towers or not request.run.has_images:
        return 0
    largest = request.run.image_tokens or images_of(request.model).tokens
    return max(largest, settings.batched)


def images_of(model: Model) -> Images:
    """Of the model's family."""
    names = [name for name in FAMILIES if model.model_type.startswith(name)]
    return FAMILIES[max(names, key=len)] if names else PLAIN


def is_known_family(model: Model) -> bool:
    """Whether logs show the family's images."""
    return images_of(model) is not PLAIN


def encoder_bytes(request: MemoryRequest, settings: Settings) -> float:
    """Peak of the encoder: the inner layer twice, for its activation, and five of its width."""
    tokens = encoder_tokens(request, settings)
    patches = tokens * images_of(request.model).patches
    return max(
        (2 * patches * _width(each, request.tensor) for each in request.model.towers), default=0
    )


def image_bytes(request: MemoryRequest, settings: Settings) -> int:
    """What the encoder's output takes while the language model runs."""
    return 2 * encoder_tokens(request, settings) * request.model.hidden


def _width(tower: Tower, tensor: int) -> float:
    inner = 2 * tower.width / (1 if tower.is_whole else tensor)
    return inner + 5 * tower.hidden
