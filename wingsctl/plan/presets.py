"""Presets of triggers: what may stand beside them, and where they mean something."""

from __future__ import annotations

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineProfile
from wingsctl.plan.deployment import FrontDoorPlan
from wingsctl.plan.draft import Draft
from wingsctl.plan.triggers import FRONT_DOOR, KnownTrigger, preset_keys

RATIOS = ("ttft-p95", "gpu-utilisation")
"""Presets that do not grow with the number of pods: KEDA must not divide them by it."""


def check_preset(
    draft: Draft, trigger: KnownTrigger, engine: EngineProfile, card: AcceleratorProfile | None,
    door: FrontDoorPlan | None,
) -> None:  # fmt: skip
    """A preset that is written, against its trigger, the engine, the card and the front door."""
    written, path = trigger.written, (*trigger.path, "preset")
    if written.preset is None:
        return
    if written.preset == FRONT_DOOR:
        _check_front_door(draft, trigger, door)
    elif written.type != "prometheus":
        draft.refuse(path, "is a query for Prometheus", "write type: prometheus, or leave it out")
    for key in preset_keys(trigger):
        if key in written.metadata:
            draft.refuse(path, f"cannot stand beside metadata.{key}", "keep one of them")
    if written.preset in RATIOS and written.metric_type == "AverageValue":
        draft.refuse(
            (*trigger.path, "metricType"),
            f"{written.preset} is no amount that pods share: AverageValue would divide it by them",
            "leave it out",
        )
    if written.preset == "ttft-p95" and not engine.metrics.time_to_first_token:
        draft.refuse(path, f"{engine.title} has no metric of it", "write metadata.query")
    if written.preset == "gpu-utilisation" and (card is None or card.vendor != "nvidia"):
        draft.refuse(path, "is measured by NVIDIA's DCGM only", "write metadata.query")


def _check_front_door(draft: Draft, trigger: KnownTrigger, door: FrontDoorPlan | None) -> None:
    path = (*trigger.path, "preset")
    if trigger.written.type != "metrics-api":
        draft.refuse(path, "is what metrics-api reads", "write type: metrics-api, or leave it out")
    if door is None:
        draft.refuse(path, "asks for a front door, and there is none", "take frontDoor: false away")
