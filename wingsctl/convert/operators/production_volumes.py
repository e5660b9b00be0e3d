"""The volumes of one modelSpec of the production stack."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import joined

_DATA = "/data"
"""Where the stack's chart mounts the claim, which is HF_HOME, too."""
_CACHE = "/root/.cache/huggingface"
CREATED = "(made by the chart)"


def model_volumes(model: Fields) -> tuple[list[Any], list[Any]]:
    """Volumes and mounts: the claim as the hub's cache, or as the weights, and further ones."""
    volumes, mounts = model.items("extraVolumes"), model.items("extraVolumeMounts")
    storage = model.at("pvcStorage")
    if storage.data is None:
        return volumes, mounts
    volume = _volume(model, storage)
    if volume is None:
        return volumes, mounts
    is_path = model.text("modelURL").startswith(_DATA)
    mount = {"name": "storage", "mountPath": joined(_DATA if is_path else _CACHE, storage)}
    return [*volumes, {"name": "storage", **volume}], [*mounts, mount]


def _volume(model: Fields, storage: Fields) -> dict[str, Any] | None:
    existing = model.at("pvcExistingClaimName")
    if existing.text():
        return {"persistentVolumeClaim": {"claimName": existing}}
    if storage.get("emptyDir") is not None:
        return {"emptyDir": storage.at("emptyDir")}
    return None
