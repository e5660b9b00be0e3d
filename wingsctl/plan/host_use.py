"""Host memory and disk that flags and variables of a profile give the engine of one pod."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.host_use import Holder, HostUse
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.versions import applies
from wingsctl.plan.arguments import args_by_flag, object_argument

GIB = 2**30
_UNITS = {"GiB": 1.0, "GB": 1e9 / GIB, "bytes": 1 / GIB}


@dataclass(frozen=True)
class Ranks:
    """The engine processes of one pod, and the cache of each in GiB (of its device)."""

    count: int
    cache_gib: float
    on_cpu: bool = False


@dataclass(frozen=True)
class HostNeeds:
    """GiB of one pod by where they are held; `words` say what takes them."""

    gib: Mapping[Holder, float] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    @property
    def memory(self) -> float:
        """All that counts against the memory limit: files of /dev/shm do, too."""
        return self.gib.get("memory", 0) + self.gib.get("shm", 0)

    @property
    def shm(self) -> float:
        return self.gib.get("shm", 0)

    @property
    def disk(self) -> float:
        return self.gib.get("disk", 0)


def host_needs(profile: Profile, engine: EngineProfile, version: str, ranks: Ranks) -> HostNeeds:
    """What the engine's rows of `hostUses` add up to for this profile."""
    args = args_by_flag(engine, profile.engine.args)
    env = {**profile.pod.env, **profile.engine.env}
    total: dict[Holder, float] = {}
    words = []
    for row in engine.host_uses:
        if not applies(row, version) or row.cpu not in (None, ranks.on_cpu):
            continue
        gib = _taken_gib(row, args, env, ranks)
        holder = _holder(row, profile, env)
        if gib and holder:
            total[holder] = total.get(holder, 0) + gib
            words.append(f"{gib:.4g} GiB of {holder} by {row.flag or row.env}")
    return HostNeeds(total, tuple(words))


def _taken_gib(
    row: HostUse, args: Mapping[str, Any], env: Mapping[str, Any], ranks: Ranks
) -> float:
    if row.when_flag is not None:
        switch = object_argument(args, row.when_flag) or args.get(row.when_flag)
        if not switch or row.when_text not in json.dumps(switch):
            return 0
    if row.overridden_by and (_number(args.get(row.overridden_by)) or 0) > 0:
        return 0
    written = _number(_argument(args, row) if row.flag else env.get(row.env or ""))
    value = row.default if written is None else written
    if value is None:
        return 0
    each = value * (ranks.cache_gib if row.unit == "ratio" else _UNITS[row.unit])
    return each * (ranks.count if row.per == "rank" else 1)


def _holder(row: HostUse, profile: Profile, env: Mapping[str, Any]) -> Holder | None:
    """Where it lies; None on a volume that is neither the pod's memory nor the node's disk."""
    if row.path_env is None:
        return row.holds
    path = str(env.get(row.path_env, "")).removeprefix("file://").rstrip("/")
    mounts = [
        mount
        for mount in profile.pod.volume_mounts
        if f"{path}/".startswith(f"{str(mount.get('mountPath', '-')).rstrip('/')}/")
    ]
    if not mounts:
        return row.holds if path else None
    nearest = max(mounts, key=lambda mount: len(str(mount["mountPath"])))
    volumes = {each.get("name"): each for each in profile.pod.volumes}
    volume = volumes.get(nearest.get("name"), {})
    if "emptyDir" not in volume:
        return None
    medium = (volume["emptyDir"] or {}).get("medium")
    return "memory" if medium == "Memory" else row.holds


def in_memory_volumes_gib(profile: Profile) -> float:
    """Of the profile's own volumes in memory that state a size."""
    return sum(_volume_gib(profile, in_memory=True))


def disk_volumes_gib(profile: Profile) -> float:
    """Of the profile's own volumes on the node's disk that state a size."""
    return sum(_volume_gib(profile, in_memory=False))


def _volume_gib(profile: Profile, *, in_memory: bool) -> Iterator[float]:
    for volume in profile.pod.volumes:
        empty = volume.get("emptyDir")
        if isinstance(empty, dict) and (empty.get("medium") == "Memory") == in_memory:
            size = empty.get("sizeLimit")
            if isinstance(size, str | int | float):
                yield _quantity_gib(size)


def _quantity_gib(size: str | float) -> float:
    """0 for what is no quantity; the API server refuses such a volume."""
    try:
        return quantity_value(size) / GIB
    except ValueError:
        return 0


def _argument(args: Mapping[str, Any], row: HostUse) -> Any:
    """The flag's value, or that of a key of its JSON object."""
    if not row.key:
        return args.get(row.flag or "")
    value: Any = object_argument(args, row.flag or "")
    for part in row.key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 <= number < 1e18 else None
