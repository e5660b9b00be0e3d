"""Deployments, StatefulSets and Pods written by hand."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_object_metadata
from wingsctl.convert.kubernetes.pod_spec import read_pod_template

_SELECTOR = "the chart selects by labels of its own"


def read_deployment(conversion: Conversion, fields: Fields) -> None:
    """A Deployment of one engine."""
    conversion.workload.kind = "Deployment"
    read_object_metadata(conversion, fields)
    spec = fields.at("spec")
    read_pod_template(conversion, spec.at("template"))
    read_replicas(conversion, spec.at("replicas"))
    read_strategy(conversion, spec.at("strategy"))
    _read_frame(spec)


def read_stateful_set(conversion: Conversion, fields: Fields) -> None:
    """A StatefulSet: single pods, or one group whose pods find each other by their names."""
    conversion.workload.kind = "StatefulSet"
    read_object_metadata(conversion, fields)
    spec = fields.at("spec")
    _read_claim_templates(conversion, spec)
    read_pod_template(conversion, spec.at("template"))
    size, replicas = conversion.workload.group_size, spec.number("replicas")
    is_group = size is not None or conversion.workload.uses_ray
    if is_group and replicas and replicas > 1:
        conversion.workload.group_size = replicas
        conversion.draft.replace("nodes", replicas)
        spec.at("replicas").changed("nodes", "its pods are one group")
    else:
        read_replicas(conversion, spec.at("replicas"))
    for key in ("serviceName", "podManagementPolicy", "updateStrategy", "ordinals"):
        spec.at(key).implied("the chart decides it")
    spec.at("persistentVolumeClaimRetentionPolicy").dropped("claims outlive a release")
    _read_frame(spec)


def read_pod(conversion: Conversion, fields: Fields) -> None:
    """A bare Pod."""
    conversion.workload.kind = "Pod"
    read_object_metadata(conversion, fields)
    conversion.workload.pod_labels.update(fields.mapping("metadata", "labels"))
    read_pod_template(conversion, fields)


def read_replicas(conversion: Conversion, replicas: Fields) -> None:
    """The number of pods or groups; 1 is the default."""
    number = replicas.number()
    if number is None:
        replicas.dropped("is no number", "write replicas")
    elif number == 1:
        replicas.implied("1 is the default")
    else:
        conversion.carry(replicas, "replicas", number)


def _read_frame(spec: Fields) -> None:
    spec.at("selector").implied(_SELECTOR)
    for key in ("revisionHistoryLimit", "progressDeadlineSeconds", "minReadySeconds", "paused"):
        spec.at(key).implied("the chart decides it")


def read_strategy(conversion: Conversion, strategy: Fields) -> None:
    """How a Deployment replaces its pods."""
    rolling = strategy.at("rollingUpdate")
    for key in ("maxSurge", "maxUnavailable"):
        value = rolling.at(key)
        if value.data == {"maxSurge": 0, "maxUnavailable": 1}[key]:
            value.implied("is the default")
        elif value.data == "25%":
            value.implied("Kubernetes' default; here a pod goes before the next one comes")
        elif value.data is not None:
            conversion.carry(value, f"rollout.{key}")
    if strategy.text("type") == "Recreate":
        note = "the old pod goes before the new one comes: maxSurge 0, maxUnavailable 1"
        strategy.at("type").implied(note)
    strategy.at("type").implied("a rolling update is the default")


def _read_claim_templates(conversion: Conversion, spec: Fields) -> None:
    """A claim for each pod: the profile has one claim for all of them."""
    for template in spec.items("volumeClaimTemplates"):
        name = template.text("metadata", "name") or "a claim"
        remedy = (
            "the pods' own claims stay in the cluster; make one claim for all pods and set "
            "model.source.pvc or model.source.huggingface.cache.pvc"
        )
        template.dropped("no claim belongs to one pod: its template could never change", remedy)
        conversion.warn(template, f"the claims {name} of the pods are not in the profile", remedy)
