"""What the engine of one pod holds outside its devices: memory and disk of the host."""

from __future__ import annotations

from dataclasses import dataclass

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile
from wingsctl.models.architecture import Model
from wingsctl.models.cache import cache_layers
from wingsctl.plan.deployment import Length
from wingsctl.plan.draft import Draft
from wingsctl.plan.host_use import HostNeeds
from wingsctl.plan.size import Size

GIB = 2**30


@dataclass(frozen=True)
class Host:
    """What the plan knows of the model, and of the cache that is left on one device."""

    model: Model | None
    size: Size
    device_cache_gib: float | None


@dataclass(frozen=True)
class PodLoad:
    """GiB of one pod: its part of the weights, its hub cache, what arguments add.

    `ranks` engine processes of `process_gib` run in it; `shm_gib` is the engine's own size of
    /dev/shm.
    """

    host: Host
    weights_gib: float
    cache_gib: int
    needs: HostNeeds
    ranks: int
    process_gib: float
    on_cpu: bool
    length: Length
    shm_gib: float

    @property
    def crowded_gib(self) -> float:
        """All processes at once, with the weights and a full /dev/shm."""
        return self.process_gib * self.ranks + self.weights_gib + self.shm_gib

    @property
    def own_cache_gib(self) -> float:
        """On a CPU whose cache nothing sets: that of one request of the whole length."""
        if not self.on_cpu or self.needs.memory or self.host.model is None:
            return 0
        return request_gib(self.host.model, self.length) if self.length != "auto" else 0


def resolve_shm(draft: Draft, engine: EngineProfile, load: PodLoad) -> str:
    """The size of /dev/shm: the engine's own, and what is kept in its files."""
    more = load.needs.shm
    if not more:
        return draft.decide("engine.shmSize", engine.shm, draft.sources["engine"])
    size = f"{-int(-(load.shm_gib + more) // 1)}Gi"
    return draft.decide("engine.shmSize", size, f"rule: {engine.shm} + {more:.4g} GiB of cache")


def check_host_memory(draft: Draft, profile: Profile, load: PodLoad) -> None:
    """A written limit holds an engine, and what it is told to keep; on a CPU also the weights."""
    written = profile.engine.resources.limits.get("memory")
    if written is None:
        return
    limit = quantity_value(written) / GIB
    parts = [
        (load.needs.memory, "cache and offloaded weights"),
        (load.process_gib, "one engine process"),
    ]
    if load.on_cpu and load.host.size.is_known:
        parts.insert(0, (load.weights_gib, "weights"))
    least = sum(gib for gib, _ in parts)
    path = ("engine", "resources", "limits", "memory")
    if limit < least:
        words = ", ".join(f"{gib:.1f} GiB for {what}" for gib, what in parts if gib)
        # What an image of one's own runs is not known, and the part of the engine itself was seen
        # on CPUs alone.
        is_sure = profile.engine.image.repository is None and (load.on_cpu or load.needs.memory)
        report = draft.refuse if is_sure else draft.warn
        report(
            path,
            f"{written} is less than {least:.1f} GiB: {words}",
            f"raise it to at least {-int(-least // 1)}Gi, or leave it out",
        )
    elif load.on_cpu and not load.needs.memory:
        _warn_of_small_cache(draft, load, limit - least)


def _warn_of_small_cache(draft: Draft, load: PodLoad, left_gib: float) -> None:
    needed = load.own_cache_gib
    if left_gib < needed:
        draft.warn(
            ("engine", "resources", "limits", "memory"),
            f"leaves {left_gib:.1f} GiB for the KV cache, and one request of {load.length} tokens "
            f"takes {needed:.1f} GiB",
            "raise it, or lower model.maxLength",
        )


def request_gib(model: Model, length: int) -> float:
    """The KV cache of one request over all layers, with 16-bit values."""
    layers = [each for layer in model.layers for each in cache_layers(layer.mixer, 1)]
    kept = sum(each.token_bytes * min(length, each.window or length) for each in layers)
    return (kept + sum(each.request_bytes for each in layers)) / GIB
