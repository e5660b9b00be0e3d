"""The longest request: MAX_MODEL_LEN."""

from __future__ import annotations

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies
from wingsctl.plan.deployment import Length
from wingsctl.plan.draft import Draft
from wingsctl.plan.memory import MemoryRequest, largest_length
from wingsctl.plan.model import ModelFacts

VARIABLE = "$(MAX_MODEL_LEN)"
"""How a command refers to the length."""
_STRETCHING_ENV = {"VLLM_ALLOW_LONG_MAX_MODEL_LEN", "SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN"}


def resolve_length(
    draft: Draft, profile: Profile, facts: ModelFacts, request: MemoryRequest | None
) -> Length:
    """The written length, or the longest that fits; refused beyond what the model knows.

    Where neither is known the engine decides: it reads the model's own config.json.
    """
    own = facts.model.positions if facts.model else None
    default, why = _default(own, request)
    length = draft.take("model.maxLength", profile.model.max_length, default, why)
    if own and length != "auto" and length > own and not _stretched(profile, facts):
        draft.refuse(
            ("model", "maxLength"),
            f"{length} is above the {own} positions of the model",
            "state max_position_embeddings in the overrides of the config, too"
            if facts.is_overridden
            else "lower it, or stretch the model with hf-overrides (vLLM) or "
            "json-model-override-args (SGLang) in engine.args",
        )
    return length


def _default(own: int | None, request: MemoryRequest | None) -> tuple[Length, str]:
    if own is None:
        return "auto", "default: the engine decides, as the model's own length is not known"
    if request is None:
        return own, "the model's own length"
    fitting = largest_length(request)
    if fitting is None or fitting >= own:
        return own, "the model's own length"
    return fitting, f"rule: what fits the card by the estimate; the model knows {own}"


def takes_auto(engine: EngineProfile, version: str) -> bool:
    """Whether the engine's flag for the length accepts auto."""
    return engine.automatic_length is not None and applies(engine.automatic_length, version)


def without_length(argv: list[str]) -> list[str]:
    """A command without the flag for the length, in one token or two."""
    kept: list[str] = []
    for token in argv:
        if token == VARIABLE:
            kept.pop()
        elif VARIABLE not in token:
            kept.append(token)
    return kept


def _stretched(profile: Profile, facts: ModelFacts) -> bool:
    """In a way that cannot be followed: `facts` are of the config that arguments override."""
    return facts.is_stretched or bool(_STRETCHING_ENV & profile.engine.env.keys())
