"""Volumes of containers outside of Kubernetes: `source:target:mode` and `type=bind,...`."""

from __future__ import annotations

import re
from typing import Any

from wingsctl.convert.conversion import Conversion, Mount
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_volumes import DRIVERS
from wingsctl.plan.owned_names import OWN_MOUNTS


def read_mount(conversion: Conversion, text: str, fields: Fields) -> None:
    """One volume as text; it becomes a mount of the workload."""
    add_mount(conversion, *_parts(text), fields)


def target_of(text: str) -> str:
    """The path in the container."""
    return _parts(text)[1]


def _parts(text: str) -> tuple[str, str]:
    """Source and target of `source:target:mode` or `type=bind,source=...,target=...`."""
    if "target=" in text or "dst=" in text or "destination=" in text:
        pairs = dict(each.partition("=")[::2] for each in text.split(","))
        source = pairs.get("source") or pairs.get("src") or ""
        return source, pairs.get("target") or pairs.get("dst") or pairs.get("destination") or ""
    found = re.match(r"([A-Za-z]:[\\/][^:]*|[^:]*):([^:]*)", text)
    return (found[1], found[2]) if found else ("", text)


def add_mount(conversion: Conversion, source: str, target: str, fields: Fields) -> None:
    """A path of the container, and the directory or named volume behind it."""
    volume: dict[str, Any] = {"hostPath": {"path": source}} if source.startswith("/") else {}
    kept = volume or {"directory" if source[:1] in "~.$" else "volume": source}
    stand_in = Fields(fields.ledger, (*fields.path, "volume"), kept)
    conversion.workload.mounts.append(Mount(target, fields, stand_in))


def finish_mounts(conversion: Conversion) -> None:
    """Mounts that hold neither the model nor a cache."""
    for mount in conversion.workload.mounts:
        if not mount.fields.is_open:
            continue
        if mount.path.startswith(DRIVERS):
            mount.fields.implied("the device plugin brings the driver's files")
            continue
        if mount.path.rstrip("/") in OWN_MOUNTS:
            mount.fields.implied("the chart has such a volume of its own")
            continue
        remedy = "make a volume of Kubernetes of it: pod.volumes and pod.volumeMounts"
        mount.fields.dropped("a directory of this machine is not in the cluster", remedy)
        conversion.warn(mount.fields, f"the volume at {mount.path} is not in the profile", remedy)


def kubernetes_quantity(text: str) -> str:
    """`64g` of docker as `64Gi`; empty where it is no size."""
    found = re.fullmatch(r"([0-9]{1,15})(?:([bkmgt])i?b?)?", text.strip().lower())
    if found is None:
        return ""
    unit = found[2] or "b"
    return found[1] + ("" if unit == "b" else {"k": "Ki"}.get(unit, f"{unit.upper()}i"))
