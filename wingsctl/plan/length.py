"""The longest request: MAX_MODEL_LEN."""

from __future__ import annotations

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.draft import Draft
from wingsctl.plan.engine import EngineChoice
from wingsctl.plan.model import ModelFacts

UNKNOWN_LENGTH = 4096
"""The documented default of MAX_MODEL_LEN."""
_STRETCHING_FLAGS = {"hf-overrides", "rope-scaling", "json-model-override-args"}
_STRETCHING_ENV = {"VLLM_ALLOW_LONG_MAX_MODEL_LEN", "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"}


def resolve_length(
    draft: Draft,
    profile: Profile,
    facts: ModelFacts,
    engine: EngineProfile,
    choice: EngineChoice,
    parallel: Parallel,
    card: AcceleratorProfile | None,
) -> int:
    """The written length, or the model's own; refused beyond what the model knows."""
    own = facts.architecture.max_position_embeddings if facts.architecture else None
    default, why = (
        (own, "the model's own length")
        if own
        else (UNKNOWN_LENGTH, "default: nothing is known about the model")
    )
    length = draft.take("model.maxLength", profile.model.max_length, default, why)
    if own and length > own and not _stretched(profile):
        draft.refuse(
            ("model", "maxLength"),
            f"{length} is above the {own} positions of the model",
            "lower it, or stretch the model with hf-overrides (vLLM) or "
            "json-model-override-args (SGLang) in engine.args",
        )
    return length


def _stretched(profile: Profile) -> bool:
    return bool(_STRETCHING_FLAGS & profile.engine.args.keys()) or bool(
        _STRETCHING_ENV & profile.engine.env.keys()
    )
