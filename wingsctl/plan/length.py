"""The longest request: MAX_MODEL_LEN."""

from __future__ import annotations

from wingsctl.catalog.profile import Profile
from wingsctl.plan.draft import Draft
from wingsctl.plan.memory import MemoryRequest, largest_length
from wingsctl.plan.model import ModelFacts

UNKNOWN_LENGTH = 4096
"""The documented default of MAX_MODEL_LEN."""
_STRETCHING_FLAGS = {"hf-overrides", "rope-scaling", "json-model-override-args"}
_STRETCHING_ENV = {"VLLM_ALLOW_LONG_MAX_MODEL_LEN", "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"}


def resolve_length(
    draft: Draft, profile: Profile, facts: ModelFacts, request: MemoryRequest | None
) -> int:
    """The written length, or the longest that fits; refused beyond what the model knows."""
    own = facts.architecture.max_position_embeddings if facts.architecture else None
    default, why = _default(own, request)
    length = draft.take("model.maxLength", profile.model.max_length, default, why)
    if own and length > own and not _stretched(profile):
        draft.refuse(
            ("model", "maxLength"),
            f"{length} is above the {own} positions of the model",
            "lower it, or stretch the model with hf-overrides (vLLM) or "
            "json-model-override-args (SGLang) in engine.args",
        )
    return length


def _default(own: int | None, request: MemoryRequest | None) -> tuple[int, str]:
    if own is None:
        return UNKNOWN_LENGTH, "default: the model's own length is not known"
    if request is None:
        return own, "the model's own length"
    fitting = largest_length(request)
    if fitting is None or fitting >= own:
        return own, "the model's own length"
    return fitting, f"rule: what fits the card by the estimate; the model knows {own}"


def _stretched(profile: Profile) -> bool:
    return bool(_STRETCHING_FLAGS & profile.engine.args.keys()) or bool(
        _STRETCHING_ENV & profile.engine.env.keys()
    )
