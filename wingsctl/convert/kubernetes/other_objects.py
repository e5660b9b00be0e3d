"""Objects beside the workload that a chart does not make, or makes by itself."""

from __future__ import annotations

import re

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_namespace, settle_frame

_KEEP = "keep it as it is: helm does not touch it"


def read_claim(conversion: Conversion, fields: Fields) -> None:
    """A claim stays; the profile names it."""
    name = fields.text("metadata", "name")
    source = conversion.draft.get("model.source") or {}
    if name and name in str(source):
        fields.changed("model.source", "the claim stays, and the profile names it", _KEEP)
        return
    fields.dropped("the chart makes no such claim", _KEEP)


def read_config_map(conversion: Conversion, fields: Fields) -> None:
    """A ConfigMap stays, unless its file was read as the command."""
    name = fields.text("metadata", "name")
    if name in conversion.read_names:
        fields.changed("", "a file of it is read as the command")
        return
    note = "the profile refers to it" if _is_used(conversion, name) else "no chart makes it"
    fields.dropped(note, _KEEP)


def _is_used(conversion: Conversion, name: str) -> bool:
    text = str([conversion.draft.get(key) for key in ("engine.env", "pod.volumes")])
    return bool(name) and f"'{name}'" in text


def read_secret(conversion: Conversion, fields: Fields) -> None:
    """A Secret stays; no value of it is read."""
    fields.dropped("no chart holds a secret", _KEEP)


def read_namespace_object(conversion: Conversion, fields: Fields) -> None:
    """The namespace is chosen at the install."""
    option = f"helm's --create-namespace, and -n {fields.text('metadata', 'name')}"
    fields.changed("", "is chosen at the install", option)


def read_service_account(conversion: Conversion, fields: Fields) -> None:
    """The chart has an account of its own without rights."""
    name = fields.text("metadata", "name")
    if conversion.draft.get("pod.serviceAccountName") == name:
        fields.changed(
            "pod.serviceAccountName", "the account stays, and the profile names it", _KEEP
        )
    fields.implied("the chart has an account of its own, without rights")


def read_network_policy(conversion: Conversion, fields: Fields) -> None:
    """The chart's own policy admits clients to port 9000 alone."""
    remedy = "name the peers in networkPolicy.clients, and delete the old policy"
    fields.dropped("the chart has a policy of its own; its pods have other labels", remedy)


def read_monitor(conversion: Conversion, fields: Fields) -> None:
    """A ServiceMonitor or PodMonitor of the pods."""
    spec = fields.at("spec")
    conversion.draft.put("monitoring.enabled", True)
    for endpoint in [*spec.items("endpoints"), *spec.items("podMetricsEndpoints")]:
        seconds = re.fullmatch(r"([0-9]{1,6})s", endpoint.text("interval"))
        if seconds and conversion.draft.get("monitoring.intervalSeconds") is None:
            key, number = "monitoring.intervalSeconds", int(seconds[1])
            conversion.change(endpoint.at("interval"), key, number, "in seconds")
        endpoint.implied("the gateway's port 9001 has the engine's metrics, too")
    for key, value in fields.entries("metadata", "labels"):
        if key.startswith("app.kubernetes.io/"):
            value.implied("the chart sets labels of its own")
        else:
            conversion.carry(value, ("monitoring", "labels", key), value.text())
    for key in ("selector", "namespaceSelector", "jobLabel"):
        spec.at(key).implied("the PodMonitor of the chart selects its pods")
    fields.at("metadata", "name").implied("the chart names it")
    read_namespace(fields.at("metadata"))
    fields.at("kind").changed("monitoring.enabled", "a PodMonitor")
    settle_frame(fields)
