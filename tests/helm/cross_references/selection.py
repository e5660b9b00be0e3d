"""Selectors: each selects pods, the right ones, and the ports that it names are there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helm.cross_references.release import Labels, Object, Pods, Release, matches, place

SELECTING = ("Service", "PodDisruptionBudget", "NetworkPolicy", "PodMonitor")


def selector_of(each: Object) -> Object:
    """The LabelSelector of a Service, budget, policy or monitor."""
    spec = each["spec"]
    if each["kind"] == "Service":
        return {"matchLabels": spec.get("selector", {})}
    selector: Object = spec["podSelector" if each["kind"] == "NetworkPolicy" else "selector"]
    return selector


def selected(release: Release, selector: Object) -> list[tuple[Pods, Labels]]:
    """The single pods that a selector matches."""
    return [
        (pods, labels) for pods in release.pods for labels in pods.labels
        if matches(selector, labels)
    ]  # fmt: skip


def selected_owners(release: Release, selector: Object) -> list[Pods]:
    """Whose pods a selector matches."""
    return [
        pods for pods in release.pods if any(matches(selector, labels) for labels in pods.labels)
    ]


def workloads_select_their_own_pods_only(release: Release) -> Iterator[str]:
    for pods in release.pods:
        if pods.owner is pods.template:
            continue
        selector = pods.owner["spec"]["selector"]
        if not matches(selector, pods.template["metadata"].get("labels", {})):
            yield f"{pods.place}: its selector does not match its own pods"
        for other in selected_owners(release, selector):
            if other is not pods:
                yield f"{pods.place}: selects the pods of {other.place}"


def selectors_select_pods(release: Release) -> Iterator[str]:
    for each in release.of(*SELECTING):
        owners = selected_owners(release, selector_of(each))
        if not owners:
            yield f"{place(each)}: selects nothing"
        yield from (f"{place(each)}: selects {pods.place}" for pods in owners if pods.is_hook)


def ports_exist_where_they_are_selected(release: Release) -> Iterator[str]:
    for each in release.of(*SELECTING):
        for pods in selected_owners(release, selector_of(each)):
            for port, last in _ports(each):
                if not _listens(pods, port, last):
                    wanted = f"{port} to {last}" if last else port
                    yield f"{place(each)}: {pods.place} has no port {wanted}"


def _ports(each: Object) -> Iterator[tuple[str | int, int | None]]:
    """Ports, and the last one of a range."""
    spec = each["spec"]
    if each["kind"] == "Service":
        yield from ((port.get("targetPort", port["port"]), None) for port in spec.get("ports", []))
    if each["kind"] == "NetworkPolicy":
        listed = [port for rule in spec.get("ingress", []) for port in rule.get("ports", [])]
        yield from ((port["port"], port.get("endPort")) for port in listed if "port" in port)
    if each["kind"] == "PodMonitor":
        yield from ((endpoint["port"], None) for endpoint in spec["podMetricsEndpoints"])


def _listens(pods: Pods, port: str | int, last: int | None) -> bool:
    if last is None:
        return port in pods.ports
    return any(isinstance(each, int) and int(port) <= each <= last for each in pods.ports)


def a_pod_has_one_budget(release: Release) -> Iterator[str]:
    """Kubernetes evicts no pod that two budgets select."""
    budgets = [(place(each), selector_of(each)) for each in release.of("PodDisruptionBudget")]
    for pods in release.pods:
        for labels in pods.labels:
            found = [name for name, selector in budgets if matches(selector, labels)]
            if len(found) > 1:
                yield f"{pods.place}: one pod has the budgets {', '.join(found)}"


def policies_leave_no_pod_open(release: Release) -> Iterator[str]:
    policies = [selector_of(each) for each in release.of("NetworkPolicy")]
    for pods in release.pods:
        if not policies or pods.is_hook:
            continue
        if not all(any(matches(each, labels) for each in policies) for labels in pods.labels):
            yield f"{pods.place}: no NetworkPolicy selects all its pods"


def policies_admit_pods_that_exist(release: Release) -> Iterator[str]:
    """A rule that names this release's pods must mean some."""
    for each in release.of("NetworkPolicy"):
        rules = each["spec"].get("ingress", [])
        for peer in (peer for rule in rules for peer in rule.get("from", [])):
            selector = peer.get("podSelector", {})
            is_own = "app.kubernetes.io/instance" in selector.get("matchLabels", {})
            if is_own and not selected(release, selector):
                yield f"{place(each)}: admits pods that do not exist"


RULES = (
    workloads_select_their_own_pods_only,
    selectors_select_pods,
    ports_exist_where_they_are_selected,
    a_pod_has_one_budget,
    policies_leave_no_pod_open,
    policies_admit_pods_that_exist,
)
