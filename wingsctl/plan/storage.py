"""Size and kind of a hub cache, and claims that several pods share."""

from __future__ import annotations

import math
from typing import Any

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.profile import Profile
from wingsctl.plan.draft import Draft
from wingsctl.plan.model import ModelPlace
from wingsctl.plan.size import Size

_GIB = 2**30


def resolve_cache(draft: Draft, place: ModelPlace, size: Size) -> dict[str, Any]:
    """The source with its cache filled in; an ephemeral cache is sized by the weights."""
    if place.kind != "hub":
        return place.source
    source = dict(place.source)
    cache = dict(source.get("cache") or {"ephemeral": {}})
    key = f"model.source.{place.hub}.cache"
    needed = math.ceil(size.gib * 1.1) + 2
    if "pvc" in cache:
        draft.decide(f"{key}.pvc", cache["pvc"], draft.line(*key.split("."), "pvc"))
        written = cache["pvc"].get("create", {}).get("size")
        _check_size(draft, (*key.split("."), "pvc", "create", "size"), written, needed, size)
    else:
        written = cache["ephemeral"].get("sizeLimit")
        assumed = "" if size.is_known else "assumed "
        rule = f"rule: {assumed}weights of {size.gib:.1f} GiB + 10 % + 2 GiB"
        limit = draft.take(f"{key}.ephemeral.sizeLimit", written, f"{needed}Gi", rule)
        _check_size(draft, (*key.split("."), "ephemeral", "sizeLimit"), written, needed, size)
        cache = {"ephemeral": {"sizeLimit": limit}}
    return {**source, "cache": cache}


def _check_size(
    draft: Draft, path: tuple[str, ...], written: str | None, needed_gib: int, size: Size
) -> None:
    """An assumed size refuses nothing: whoever writes a size may know better."""
    if written is None or not size.is_known:
        return
    if quantity_value(written) < (needed_gib - 2) * _GIB / 1.1:
        draft.refuse(
            path, f"{written} is smaller than the weights", f"about {needed_gib}Gi are needed"
        )


def ephemeral_gib(source: dict[str, Any]) -> int:
    """Disk that an ephemeral cache takes on the node, in GiB."""
    size = source.get("cache", {}).get("ephemeral", {}).get("sizeLimit")
    return math.ceil(quantity_value(size) / _GIB) if size else 0


def check_shared_claims(draft: Draft, profile: Profile) -> None:
    """A new claim that several pods mount must be mountable by several nodes."""
    source = profile.model.source
    pods = profile.nodes * (
        profile.autoscaling.max if profile.autoscaling else (profile.replicas or 1)
    )
    if source is None or pods < 2:
        return
    claims = {
        ("model", "source", "pvc"): source.pvc,
        ("model", "source", "huggingface", "cache", "pvc"): (
            source.huggingface and source.huggingface.cache.pvc
        ),
        ("model", "source", "modelscope", "cache", "pvc"): (
            source.modelscope and source.modelscope.cache.pvc
        ),
    }
    for path, claim in claims.items():
        if (
            claim
            and claim.create
            and not {"ReadWriteMany", "ReadOnlyMany"} & set(claim.create.access_modes)
        ):
            draft.refuse(
                (*path, "create", "accessModes"),
                f"{', '.join(claim.create.access_modes)} lets one node mount it, "
                f"but up to {pods} pods do",
                "use ReadWriteMany, or an ephemeral cache per pod",
            )
