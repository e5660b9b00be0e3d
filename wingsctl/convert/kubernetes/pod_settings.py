"""Scheduling, accounts and the rest of a pod's spec -> `pod`, `fabric`, `shutdown`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wingsctl.convert.accelerator_hints import accelerator_of
from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields

_AS_THEY_ARE = (
    "affinity", "topologySpreadConstraints", "priorityClassName", "schedulerName",
    "runtimeClassName", "imagePullSecrets", "serviceAccountName",
)  # fmt: skip
_IMPLIED = {
    "restartPolicy": "is Always",
    "automountServiceAccountToken": "is false",
    "enableServiceLinks": "is false",
    "hostIPC": "/dev/shm of the pod has the right size",
    "preemptionPolicy": "follows from the priority class",
    "serviceAccount": "is an old name of serviceAccountName",
    "subdomain": "groups have a Service of their own",
    "hostname": "pods are named by the chart",
    "setHostnameAsFQDN": "pods are named by the chart",
}
_DROPPED = {
    "hostPID": ("pods do not see processes of their node", "leave it out"),
    "shareProcessNamespace": ("the containers talk by files and ports", "leave it out"),
    "hostAliases": ("names are resolved by DNS", "use a Service without a selector"),
    "nodeName": ("the scheduler chooses the node", "use pod.nodeSelector"),
    "activeDeadlineSeconds": ("a service has no end", "leave it out"),
    "dnsConfig": ("has no key", "leave it out, or set it with a policy of the cluster"),
}


def read_pod_settings(conversion: Conversion, spec: Fields) -> None:
    """All of a pod's spec but containers and volumes."""
    for key in _AS_THEY_ARE:
        value = spec.at(key)
        if value.data in ("default", "default-scheduler") and key in (
            "serviceAccountName",
            "schedulerName",
        ):
            value.implied("the chart's own account, the cluster's own scheduler")
        elif value.data not in (None, "", [], {}):
            conversion.carry(value, ("pod", key))
        else:
            value.implied("is empty")
    _read_selector(conversion, spec.at("nodeSelector"))
    _read_tolerations(conversion, spec.items("tolerations"))
    _read_network(conversion, spec)
    _read_security(conversion, spec.at("securityContext"))
    _read_grace(conversion, spec.at("terminationGracePeriodSeconds"))
    for name, note in _IMPLIED.items():
        spec.at(name).implied(note)
    for name, (note, remedy) in _DROPPED.items():
        if spec.get(name):
            spec.at(name).dropped(note, remedy)
        spec.at(name).implied("is the default")
    _hint_affinity(conversion, spec.at("affinity", "nodeAffinity"))


def _read_selector(conversion: Conversion, selector: Fields) -> None:
    for key, value in selector.entries():
        name, _ = accelerator_of(conversion.catalog, key, value.text())
        entry = conversion.catalog.accelerator(name) if name else None
        label = entry.profile.node_label if entry else None
        conversion.workload.hints.append((key, value.text()))
        if label is not None and label.key == key and value.text() in label.values:
            conversion.change(value, "accelerator.strict", True, "nodes with this card only")
        else:
            conversion.carry(value, ("pod", "nodeSelector", key), value.text())


def _hint_affinity(conversion: Conversion, affinity: Fields) -> None:
    """Labels in node affinity, for the accelerator."""
    for expression in _expressions(affinity.data):
        values = expression.get("values")
        if expression.get("operator") == "In" and isinstance(values, list) and len(values) == 1:
            conversion.workload.hints.append((str(expression.get("key")), str(values[0])))


def _expressions(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict):
        found = data.get("matchExpressions")
        listed = found if isinstance(found, list) else []
        yield from (each for each in listed if isinstance(each, dict))
        for value in data.values():
            yield from _expressions(value)
    elif isinstance(data, list):
        for value in data:
            yield from _expressions(value)


def _read_tolerations(conversion: Conversion, tolerations: list[Fields]) -> None:
    for each in tolerations:
        if each.text("key").startswith("node.kubernetes.io/") and each.number("tolerationSeconds"):
            each.implied("Kubernetes adds it to every pod")
            continue
        of_device = each.text("key") == conversion.workload.resource != ""
        if of_device and each.text("operator") in ("Exists", "") and each.get("value") is None:
            each.implied("the taint of the accelerator's resource is tolerated")
        elif not conversion.secrets.holds_secret(each.data):
            conversion.draft.append("pod.tolerations", dict(each.mapping()))
            each.carried("pod.tolerations")


def _read_network(conversion: Conversion, spec: Fields) -> None:
    network = spec.at("hostNetwork")
    if network.data is True:
        conversion.carry(network, "pod.hostNetwork")
    network.implied("is false")
    policy = spec.at("dnsPolicy")
    if policy.data == "ClusterFirst":
        policy.implied("is the default")
    elif policy.data is not None:
        conversion.carry(policy, "pod.dnsPolicy")


_ROOT = ("runAsUser", "runAsGroup", "runAsNonRoot")


def _read_security(conversion: Conversion, context: Fields) -> None:
    """As a person wrote it, but for root: both containers run without."""
    is_root = context.get("runAsUser") == 0 or context.get("runAsNonRoot") is False
    for key, value in context.entries():
        if is_root and key in _ROOT:
            value.dropped("both containers run as user 10001, not as root",
                          "files of the model must be readable for that user")  # fmt: skip
        elif key == "runAsNonRoot" or (key == "seccompProfile" and _is_default(value)):
            value.implied("is the default")
        else:
            conversion.carry(value, ("pod", "securityContext", key))


def _is_default(profile: Fields) -> bool:
    return bool(profile.data == {"type": "RuntimeDefault"})


_LONG_SECONDS = 90


def _read_grace(conversion: Conversion, grace: Fields) -> None:
    """The chart computes it; a longer one leaves more time to requests."""
    seconds = grace.number()
    if seconds is not None and seconds > _LONG_SECONDS:
        drain = min(seconds - 30, 604_800)
        conversion.change(grace, "shutdown.drainSeconds", drain, "less 30 s for the other steps")
    grace.implied("is computed from shutdown")
