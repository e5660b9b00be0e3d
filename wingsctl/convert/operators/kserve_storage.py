"""Addresses of models as KServe has them -> the engine's model, volumes and mounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import joined

PLACE = "/mnt/models"
"""Where KServe puts a model (kserve.github.io, storage)."""
_HUB = "hf://"
_IMAGES = ("oci+native://", "oci://")


@dataclass(frozen=True)
class Storage:
    """What an address means: the model's words, and the volume that holds it."""

    model: list[Any]
    revision: list[Any] = field(default_factory=list)
    volumes: Sequence[Any] = ()
    mounts: Sequence[Any] = ()

    def words(self, engine: str) -> list[Any]:
        """The model as the engine takes it."""
        before = ["--model-path"] if engine == "sglang" and self.model else []
        return [*before, *self.model, *self.revision]


def storage_of(conversion: Conversion, uri: Fields) -> Storage:
    """`hf://`, `pvc://` and images; what no profile downloads from is reported."""
    text = uri.text()
    if not text:
        return Storage([])
    if text.startswith(_HUB):
        return _hub(uri, text.removeprefix(_HUB))
    if text.startswith("pvc://"):
        return _claim(uri, text.removeprefix("pvc://"))
    prefix = next((each for each in _IMAGES if text.startswith(each)), "")
    if prefix:
        reference = joined(text.removeprefix(prefix), uri)
        volume = {"name": "model", "image": {"reference": reference}}
        return Storage([PLACE], volumes=[volume], mounts=[_mount(uri)])
    scheme = text.split("://")[0] if "://" in text else "this address"
    remedy = (
        "copy the weights into a claim: model.source.pvc, or take the hub's: --model OWNER/NAME"
    )
    uri.dropped(f"wingsctl downloads from hubs only, not from {scheme}", remedy)
    conversion.warn(uri, f"the model is at {scheme}, from where nothing is downloaded", remedy)
    return Storage([])


def _hub(uri: Fields, text: str) -> Storage:
    name, _, revision = text.partition(":")
    words = [joined("--revision", uri), joined(revision, uri)] if revision else []
    return Storage([joined(name, uri)], words)


def _claim(uri: Fields, text: str) -> Storage:
    name, _, path = text.strip("/").partition("/")
    claim = {"claimName": joined(name, uri)}
    place = f"{PLACE}/{path}" if path else PLACE
    return Storage(
        [joined(place, uri)],
        volumes=[{"name": "model", "persistentVolumeClaim": claim}],
        mounts=[_mount(uri)],
    )


def _mount(uri: Fields) -> dict[str, Any]:
    return {"name": "model", "mountPath": joined(PLACE, uri), "readOnly": True}
