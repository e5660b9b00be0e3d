"""What leads to a Service: Ingress, HTTPRoute, the URLs of hooks, a StatefulSet's own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.helm.cross_references.release import Object, Release, matches, place
from tests.helm.cross_references.selection import selected_owners, selector_of

ENDPOINTS = re.compile(r"http://([a-z0-9-]+)\.([a-z0-9-]+)\.svc:(\d+)/.*")
URL = re.compile(r"https?://([a-z0-9-]+)(?:\.[a-z0-9.-]+)?:(\d+)")


def routes_lead_to_a_service(release: Release) -> Iterator[str]:
    for user, name, port in _backends(release):
        service = release.find("Service", name)
        if service is None:
            yield f"{user}: Service {name} is not rendered"
        elif port not in _service_ports(service):
            yield f"{user}: Service {name} has no port {port}"


def _backends(release: Release) -> Iterator[tuple[str, str, str | int]]:
    for each in release.of("Ingress"):
        for found in _ingress_backends(each["spec"]):
            port = found["service"]["port"]
            yield place(each), found["service"]["name"], port.get("name", port.get("number"))
    for each in release.of("HTTPRoute"):
        refs = [ref for rule in each["spec"]["rules"] for ref in rule.get("backendRefs", [])]
        yield from ((place(each), ref["name"], ref["port"]) for ref in refs)
    for each in release.of("InterceptorRoute"):
        target = each["spec"]["target"]
        yield place(each), target["service"], target.get("portName", target.get("port"))
    for pods in (pods for pods in release.pods if pods.is_hook):
        entries = [entry for each in pods.containers for entry in each.get("env", [])]
        for entry in entries:
            for host, port in URL.findall(entry.get("value", "")):
                yield pods.place, host, int(port)


def _ingress_backends(spec: Object) -> Iterator[Object]:
    if "defaultBackend" in spec:
        yield spec["defaultBackend"]
    for rule in spec.get("rules", []):
        yield from (path["backend"] for path in rule["http"]["paths"])


def _service_ports(service: Object) -> set[str | int]:
    listed = service["spec"].get("ports", [])
    return {port[key] for port in listed for key in ("name", "port") if key in port}


def services_name_no_port_twice(release: Release) -> Iterator[str]:
    for each in release.of("Service"):
        ports = each["spec"].get("ports", [])
        for key in ("name", "port"):
            values = [(port.get(key), port.get("protocol")) for port in ports]
            if len(set(values)) < len(values):
                yield f"{place(each)}: a port's {key} is there twice"


def stateful_sets_have_a_headless_service(release: Release) -> Iterator[str]:
    """Their pods' DNS names exist only below one that selects them."""
    for pods in release.pods:
        if pods.owner["kind"] != "StatefulSet":
            continue
        name = pods.owner["spec"].get("serviceName", "")
        service = release.find("Service", name)
        if service is None:
            yield f"{pods.place}: its Service {name!r} is not rendered"
            continue
        if service["spec"].get("clusterIP") != "None":
            yield f"{pods.place}: its Service {name} is not headless"
        if not all(matches(selector_of(service), labels) for labels in pods.labels):
            yield f"{pods.place}: its Service {name} does not select all its pods"


def front_doors_lead_to_ready_pods(release: Release) -> Iterator[str]:
    """Through a headless Service that hides pods which are not ready, at a port of theirs."""
    for user, host, port in _addresses(release, "WINGS_BACKENDS"):
        name, namespace = host.split(".")[:2]
        service = release.find("Service", name)
        if service is None or namespace != "$(POD_NAMESPACE)":
            yield f"{user}: its backends {host} are no Service of this release"
            continue
        if service["spec"].get("clusterIP") != "None":
            yield f"{user}: Service {name} does not tell the addresses of its backends"
        if service["spec"].get("publishNotReadyAddresses"):
            yield f"{user}: Service {name} tells backends that are not ready"
        for pods in selected_owners(release, selector_of(service)):
            if port not in pods.ports:
                yield f"{user}: {pods.place} has no port {port}"


def _addresses(release: Release, variable: str) -> Iterator[tuple[str, str, int]]:
    for pods in release.pods:
        for entry in (entry for each in pods.containers for entry in each.get("env", [])):
            if entry["name"] == variable:
                host, port = entry["value"].rsplit(":", 1)
                yield pods.place, host, int(port)


def scalers_ask_all_of_a_service(release: Release) -> Iterator[str]:
    """KEDA takes the first two labels of the name as Service and namespace, without the port."""
    for each in release.of("ScaledObject"):
        for trigger in each["spec"]["triggers"]:
            metadata = trigger.get("metadata", {})
            if metadata.get("aggregateFromKubeServiceEndpoints") != "true":
                continue
            found = ENDPOINTS.fullmatch(metadata["url"])
            service = found and release.find("Service", found[1])
            if not found or not service or found[2] != release.namespace:
                yield f"{place(each)}: asks {metadata['url']}, which is no Service of this release"
                continue
            if int(found[3]) not in _service_ports(service):
                yield f"{place(each)}: Service {found[1]} has no port {found[3]}"
            if not service["spec"].get("publishNotReadyAddresses"):
                yield f"{place(each)}: Service {found[1]} hides pods that end, and what they hold"
            if metadata.get("aggregationType") != "sum":
                yield f"{place(each)}: does not add up what the pods tell"


RULES = (
    front_doors_lead_to_ready_pods,
    scalers_ask_all_of_a_service,
    routes_lead_to_a_service,
    services_name_no_port_twice,
    stateful_sets_have_a_headless_service,
)
