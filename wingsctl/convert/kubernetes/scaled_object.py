"""A ScaledObject of KEDA -> `autoscaling`."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_namespace, settle_frame
from wingsctl.convert.kubernetes.scaled_triggers import read_trigger, wakes_from_zero

_MOST = 100
"""KEDA's own maxReplicaCount where none is written (keda.sh/docs, ScaledObject)."""
_TIMES = (
    ("pollingInterval", "autoscaling.pollingSeconds"),
    ("cooldownPeriod", "autoscaling.cooldownSeconds"),
    ("initialCooldownPeriod", "autoscaling.initialCooldownSeconds"),
)
_MODIFIERS = ("formula", "target", "activationTarget", "metricType")


def read_scaled_object(conversion: Conversion, fields: Fields) -> None:
    """Joined to the workload that it scales; alone, it reports what is missing."""
    if not _has_target(conversion, fields):
        return
    spec = fields.at("spec")
    _read_frame(conversion, fields)
    for trigger in spec.items("triggers"):
        read_trigger(conversion, trigger)
    _read_bounds(conversion, spec)
    for key, target in _TIMES:
        _carry_number(conversion, spec.at(key), target)
    _read_fallback(conversion, spec.at("fallback"))
    _read_advanced(conversion, spec.at("advanced"))
    if conversion.workload.group_size not in (None, 1):
        _without_in_groups(conversion)


def _has_target(conversion: Conversion, fields: Fields) -> bool:
    """Whether the workload of the input is the one that it scales."""
    target, workload = fields.at("spec", "scaleTargetRef"), conversion.workload
    wanted = f"{target.text('kind') or 'Deployment'} {target.text('name')}"
    if workload.kind and target.text("name") in ("", *_names(conversion)):
        target.implied("the release scales its own pods")
        return True
    if workload.kind:
        remedy = "convert it together with its own target"
        fields.dropped(f"scales {wanted}, which is not what is converted", remedy)
        conversion.warn(fields, f"scales {wanted}, which is not what is converted", remedy)
        return False
    remedy = f"give the manifest of {wanted} as well, or --model, --engine and --accelerator"
    conversion.warn(fields, f"scales {wanted}, which is not in the input", remedy)
    workload.name = target.text("name")
    target.changed("", "the release scales its own pods")
    return True


def _names(conversion: Conversion) -> tuple[str, ...]:
    """The workload's name, and those that its operator gives to what it makes."""
    name = conversion.workload.name
    return (name, f"{name}-predictor", f"{name}-kserve", f"{name}-deployment-vllm")


def _read_frame(conversion: Conversion, fields: Fields) -> None:
    metadata = fields.at("metadata")
    metadata.at("name").implied("the chart names its ScaledObjects")
    read_namespace(metadata)
    for key, value in metadata.entries("annotations"):
        if key.startswith("autoscaling.keda.sh/"):
            conversion.carry(value, ("autoscaling", "annotations", key), value.text())
    metadata.at("labels").implied("the chart sets labels of its own")
    settle_frame(fields)


def _read_bounds(conversion: Conversion, spec: Fields) -> None:
    most = spec.at("maxReplicaCount")
    if most.data is None:
        conversion.draft.put("autoscaling.max", _MOST)
        conversion.draft.comment("autoscaling.max", "KEDA's default: the input gives none")
    else:
        _carry_number(conversion, most, "autoscaling.max")
    fewest, idle = spec.at("minReplicaCount"), spec.at("idleReplicaCount")
    sleeps = fewest.number() in (None, 0) or idle.number() == 0
    if sleeps and not wakes_from_zero(conversion):
        note = "from 0 these triggers never start it again: 1 always runs"
        remedy = "write min: 0 and leave triggers out: the front door's demand wakes it"
        _put_fewest(conversion, (fewest, idle), 1, note, remedy)
    elif sleeps:
        _put_fewest(conversion, (fewest, idle), 0, "to zero, and from there to what is wanted")
    else:
        _carry_number(conversion, fewest, "autoscaling.min")
    idle.dropped("above 0 KEDA takes none")


def _put_fewest(
    conversion: Conversion, places: tuple[Fields, Fields], number: int, note: str, remedy: str = ""
) -> None:
    conversion.draft.put("autoscaling.min", number)
    for each in places:
        if each.number() == number:
            each.carried("autoscaling.min")
        each.changed("autoscaling.min", note, remedy)
    if remedy:
        conversion.draft.comment("autoscaling.min", note)


def _carry_number(conversion: Conversion, value: Fields, key: str) -> None:
    number = value.number()
    if number is None:
        value.dropped("is no number", f"write {key}")
    else:
        conversion.carry(value, key, number)


def _read_fallback(conversion: Conversion, fallback: Fields) -> None:
    if fallback.data is None:
        return
    for key in ("failureThreshold", "replicas"):
        _carry_number(conversion, fallback.at(key), f"autoscaling.fallback.{key}")
    if fallback.get("behavior") is not None:
        conversion.carry(fallback.at("behavior"), "autoscaling.fallback.behavior")


def _read_advanced(conversion: Conversion, advanced: Fields) -> None:
    restores = advanced.at("restoreToOriginalReplicaCount")
    restores.implied("switching scaling off carries the number over")
    hpa = advanced.at("horizontalPodAutoscalerConfig")
    hpa.at("name").implied("KEDA names it after the ScaledObject")
    if hpa.get("behavior"):
        conversion.carry(hpa.at("behavior"), "autoscaling.behavior")
    hpa.at("behavior").implied("is empty")
    modifiers = advanced.at("scalingModifiers")
    if not modifiers.text("formula"):
        modifiers.implied("without a formula each trigger counts by itself")
    for key in _MODIFIERS:
        value = modifiers.at(key)
        if value.data not in (None, ""):
            conversion.carry(value, f"autoscaling.scalingModifiers.{key}", value.text())
        value.implied("is empty")


def _without_in_groups(conversion: Conversion) -> None:
    """Groups start and end as a whole, one after the other."""
    for key in ("behavior", "initialCooldownSeconds"):
        if conversion.draft.get(f"autoscaling.{key}") is not None:
            conversion.draft.remove(f"autoscaling.{key}")
            conversion.revise(f"autoscaling.{key}", "is not for groups: each starts as a whole")
