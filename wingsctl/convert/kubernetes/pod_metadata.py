"""Labels and annotations of objects and pods."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.plan.owned_names import GROUP_LABELS, OWN_LABELS, OWN_POD_ANNOTATIONS

_TOOLS = ("kubectl.kubernetes.io/", "deployment.kubernetes.io/", "meta.helm.sh/",
          "argocd.argoproj.io/", "kustomize.toolkit.fluxcd.io/", "helm.sh/", "kompose.",
          "leaderworkerset.sigs.k8s.io/")  # fmt: skip
_NETWORKS = "k8s.v1.cni.cncf.io/networks"
_SCRAPING = "prometheus.io/"
_SERVER = ("creationTimestamp", "generation", "resourceVersion", "uid", "selfLink", "managedFields",
           "ownerReferences", "finalizers", "generateName")  # fmt: skip


def read_object_metadata(conversion: Conversion, fields: Fields) -> None:
    """`metadata` and `apiVersion`, `kind`, `status` of the workload."""
    metadata, workload = fields.at("metadata"), conversion.workload
    workload.name = metadata.text("name")
    workload.namespace = metadata.text("namespace")
    metadata.at("name").carried("name")
    read_namespace(metadata)
    for key, value in metadata.entries("labels"):
        _label(conversion, key, value)
    for key, value in metadata.entries("annotations"):
        if key.startswith((*_TOOLS, _SCRAPING)):
            value.dropped("is of another tool")
        else:
            conversion.carry(value, ("annotations", key), value.text())
    settle_frame(fields)


def settle_frame(fields: Fields) -> None:
    """What every object has and no profile needs."""
    for key in ("apiVersion", "kind"):
        fields.at(key).implied("the chart makes the objects")
    fields.at("status").implied("is written by the cluster")
    for key in _SERVER:
        fields.at("metadata", key).implied("is written by the cluster")


def read_namespace(metadata: Fields) -> None:
    """The namespace is chosen at the install."""
    namespace = metadata.text("namespace")
    if namespace:
        option = f"wingsctl install PROFILE -n {namespace}"
        metadata.at("namespace").changed("", "is chosen at the install", option)


def _label(conversion: Conversion, key: str, value: Fields) -> None:
    if key in (*OWN_LABELS, *GROUP_LABELS) or key.startswith(("helm.sh/", "app.kubernetes.io/")):
        value.implied("the chart sets labels of its own")
    elif key.startswith(_TOOLS):
        value.dropped("is of another tool")
    else:
        conversion.carry(value, ("labels", key), value.text())


def read_pod_metadata(conversion: Conversion, metadata: Fields) -> None:
    """Labels and annotations of the pods; what all objects have stands once."""
    conversion.workload.pod_labels.update(metadata.mapping("labels"))
    for key, value in metadata.entries("labels"):
        if conversion.draft.get(("labels", key)) == value.text():
            value.carried("labels")
        elif key in (*OWN_LABELS, *GROUP_LABELS) or key.startswith(("helm.sh/", "app.kuber")):
            value.implied("the chart sets labels of its own")
        else:
            conversion.carry(value, ("pod", "labels", key), value.text())
    for key, value in metadata.entries("annotations"):
        _annotation(conversion, key, value)
    for key in (*_SERVER, "name", "namespace"):
        metadata.at(key).implied("the chart names its pods")


def _annotation(conversion: Conversion, key: str, value: Fields) -> None:
    if key == _NETWORKS and not value.text().lstrip().startswith("["):
        networks = [each.strip() for each in value.text().split(",") if each.strip()]
        conversion.change(value, "fabric.networks", networks, "a list of Multus networks")
    elif key.startswith(_SCRAPING):
        value.dropped("a PodMonitor does this", "set monitoring.enabled: true")
    elif key in OWN_POD_ANNOTATIONS or key.startswith((*_TOOLS, "checksum/")):
        value.implied("the chart sets its own")
    else:
        conversion.carry(value, ("pod", "annotations", key), value.text())
