"""HorizontalPodAutoscaler and PodDisruptionBudget -> `autoscaling`, `podDisruptionBudget`."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_namespace, settle_frame
from wingsctl.convert.kubernetes.services import selects_pods

_DEMAND = "without a trigger the demand on the gateway decides: autoscaling.triggers"


def is_aimed(conversion: Conversion, fields: Fields) -> bool:
    """Whether a scaler's `scaleTargetRef` is the workload; true where none was read."""
    name = conversion.workload.name
    return not name or fields.text("spec", "scaleTargetRef", "name") in ("", name)


def read_autoscaler(conversion: Conversion, fields: Fields) -> None:
    """KEDA makes the HorizontalPodAutoscaler of a release: bounds, cpu and memory, behaviour."""
    if not is_aimed(conversion, fields):
        fields.dropped("scales another object", "keep it as it is, beside the release")
        return
    spec = fields.at("spec")
    least, most = spec.number("minReplicas"), spec.number("maxReplicas")
    least = 1 if least is None else least
    if most is not None and least >= most:
        conversion.draft.replace("replicas", most)
        fields.changed("replicas", "fewest and most pods are equal: nothing is scaled")
        return
    conversion.change(spec.at("minReplicas"), "autoscaling.min", least, "by KEDA")
    conversion.draft.put("autoscaling.min", least)
    conversion.change(
        spec.at("maxReplicas"), "autoscaling.max", most or max(2, least + 1), "by KEDA"
    )
    for metric in spec.items("metrics"):
        _read_metric(conversion, metric)
    percent = spec.at("targetCPUUtilizationPercentage")
    if percent.data is not None:
        _add_trigger(conversion, "cpu", percent.text())
        percent.changed("autoscaling.triggers", "a trigger of the type cpu")
    if spec.get("behavior") is not None:
        conversion.carry(spec.at("behavior"), "autoscaling.behavior")
    spec.at("scaleTargetRef").implied("the release itself")
    fields.at("metadata", "name").implied("the chart names it")
    fields.at("metadata", "labels").implied("the chart sets labels of its own")
    read_namespace(fields.at("metadata"))
    settle_frame(fields)
    if conversion.draft.get("autoscaling.triggers"):
        remedy = "delete the triggers: " + _DEMAND
        conversion.warn(spec, "an engine that waits for its card uses little CPU", remedy)


def _read_metric(conversion: Conversion, metric: Fields) -> None:
    name = metric.text("resource", "name")
    target = metric.at("resource", "target")
    percent = target.text("averageUtilization")
    if metric.text("type") == "Resource" and name in ("cpu", "memory") and percent:
        _add_trigger(conversion, name, percent)
        metric.changed("autoscaling.triggers", f"a trigger of the type {name}")
        return
    metric.dropped("a metric of an adapter is no trigger of KEDA", _DEMAND)
    conversion.warn(metric, "a metric of the HorizontalPodAutoscaler is not carried", _DEMAND)


def _add_trigger(conversion: Conversion, kind: str, percent: str) -> None:
    trigger = {"type": kind, "metricType": "Utilization", "metadata": {"value": percent}}
    conversion.draft.append("autoscaling.triggers", trigger)


def read_disruption_budget(conversion: Conversion, fields: Fields) -> None:
    """The budget of the engine's pods."""
    selector = fields.mapping("spec", "selector", "matchLabels")
    if selector and not selects_pods(conversion, selector):
        fields.dropped("is about other pods", "keep it as it is, beside the release")
        return
    spec = fields.at("spec")
    if spec.get("maxUnavailable") is not None:
        value = spec.at("maxUnavailable")
        if value.data == 1:
            value.implied("is the default")
        else:
            conversion.carry(value, "podDisruptionBudget.maxUnavailable")
    remedy = "set podDisruptionBudget.maxUnavailable"
    spec.at("minAvailable").dropped("one pod at a time may be evicted, of any number", remedy)
    spec.at("selector").implied("the chart selects its own pods")
    spec.at("unhealthyPodEvictionPolicy").implied("the chart sets it")
    for key in ("name", "labels"):
        fields.at("metadata", key).implied("the chart names and labels it")
    read_namespace(fields.at("metadata"))
    settle_frame(fields)
