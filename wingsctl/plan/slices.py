"""A part of a card: how much memory a slice or a share of it has.

MIG: the device plugin names a slice after its compute units and its memory, such as
nvidia.com/mig-3g.40gb (NVIDIA's k8s-device-plugin, mixed strategy). HAMi: `gpumem` is MiB of each
device, which its library enforces as CUDA_DEVICE_MEMORY_LIMIT (HAMi-core: 1g is 1024m), and
`gpumem-percentage` a share of the card.
"""

from __future__ import annotations

import re

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.container import Resources
from wingsctl.catalog.profile import Profile
from wingsctl.plan.memory_request import USABLE_SHARE

_MIG = re.compile(r"/mig-\d+g\.(\d{1,4})gb(?:\.[\w.]+)?$")
_MIB, _PERCENT = "/gpumem", "/gpumem-percentage"


def slice_of(profile: Profile, card: AcceleratorProfile) -> AcceleratorProfile:
    """The card as one device of the pod is: with the memory that it gets."""
    if found := _MIG.search(profile.accelerator.resource or ""):
        gib = min(float(found[1]), card.memory_gib)
        return card.model_copy(update={"memory_gib": gib, "usable_gib": None})
    whole = card.usable_gib or card.memory_gib * USABLE_SHARE
    share = _share_gib(profile.engine.resources, whole)
    if share is None:
        return card
    return card.model_copy(
        update={"memory_gib": min(share, whole), "usable_gib": min(share, whole)}
    )


def is_unknown(profile: Profile, card: AcceleratorProfile) -> bool:
    """Whether the pod's devices are something whose memory its resources do not say."""
    resource = profile.accelerator.resource
    if resource is None or resource == card.resource or _MIG.search(resource):
        return False
    return _share_gib(profile.engine.resources, 1.0) is None


def _share_gib(resources: Resources, whole_gib: float) -> float | None:
    """Of each device, by the resources of a share; None where they say nothing."""
    written = {**resources.requests, **resources.limits}
    for name, value in written.items():
        number = int(str(value)) if str(value).isdigit() else 0
        if name.endswith(_MIB) and number:
            return number / 1024
        if name.endswith(_PERCENT) and 0 < number <= 100:
            return whole_gib * number / 100
    return None
