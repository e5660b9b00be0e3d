"""Names, labels and the namespace, each alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.helm.cross_references.release import WORKLOADS, Object, Release, place, twice

JUDGED = {
    "ConfigMap", "Deployment", "HTTPRoute", "HorizontalPodAutoscaler", "Ingress",
    "InterceptorRoute", "NetworkPolicy", "PersistentVolumeClaim", "Pod", "PodDisruptionBudget",
    "PodGroup", "PodMonitor",
    "ScaledObject", "Secret", "Service", "ServiceAccount", "StatefulSet", "TriggerAuthentication",
}  # fmt: skip
LONGEST = {
    "StatefulSet": 52,  # its pods carry NAME-<hash of 10> in the label controller-revision-hash
    "ScaledObject": 54,  # KEDA labels its autoscaler keda-hpa-NAME
}
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
VOLATILE = ("helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by")


def every_kind_is_judged(release: Release) -> Iterator[str]:
    for each in release.objects:
        if each["kind"] not in JUDGED:
            yield f"{place(each)}: cross-references of this kind are not judged: add a rule"


def names_are_used_once(release: Release) -> Iterator[str]:
    for name in twice(place(each) for each in release.objects):
        yield f"{name}: two objects have this name"


def names_fit(release: Release) -> Iterator[str]:
    """As labels, because pods, hosts and labels repeat them."""
    for each in release.objects:
        kind, name = each["kind"], each["metadata"]["name"]
        pattern = SERVICE_NAME if kind == "Service" else NAME
        if not pattern.fullmatch(name):
            yield f"{place(each)}: Kubernetes refuses this name"
        if len(name) > LONGEST.get(kind, 63):
            yield f"{place(each)}: {len(name)} characters, at most {LONGEST.get(kind, 63)}"


def labels_fit(release: Release) -> Iterator[str]:
    for each in release.objects:
        for key, value in [*_labels(each), *_labels(_template(each))]:
            if not isinstance(value, str) or not LABEL.fullmatch(value):
                yield f"{place(each)}: label {key} cannot be {value!r}"


def objects_stay_in_the_namespace(release: Release) -> Iterator[str]:
    for each in release.objects:
        if each["metadata"].get("namespace", release.namespace) != release.namespace:
            yield f"{place(each)}: lies in another namespace"


def no_build_is_selected_or_restarts_pods(release: Release) -> Iterator[str]:
    """A label that changes with the chart's version breaks selectors and restarts every pod."""
    for each in release.objects:
        keys = set(_selected_keys(each.get("spec", {})))
        yield from (f"{place(each)}: selects by {key}" for key in VOLATILE if key in keys)
        inside = dict(_labels(_template(each)))
        yield from (f"{place(each)}: its pods carry {key}" for key in VOLATILE if key in inside)


def _template(each: Object) -> Object:
    if each["kind"] not in WORKLOADS:
        return {}
    template: Object = each["spec"]["template"]
    return template


def _labels(each: Object) -> list[tuple[str, object]]:
    return list(each.get("metadata", {}).get("labels", {}).items())


def _selected_keys(spec: Object) -> Iterator[str]:
    selector = spec.get("selector", {})
    for each in (selector, spec.get("podSelector", {})):
        yield from each.get("matchLabels", {})
        yield from (expression["key"] for expression in each.get("matchExpressions", []))
    yield from selector


RULES = (
    every_kind_is_judged,
    names_are_used_once,
    names_fit,
    labels_fit,
    objects_stay_in_the_namespace,
    no_build_is_selected_or_restarts_pods,
)
