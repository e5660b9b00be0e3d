"""Service, Ingress and HTTPRoute -> `service`, `ingress`, `httpRoute`."""

from __future__ import annotations

import re
from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_namespace, settle_frame

_ELSEWHERE = "keep it as it is, beside the release"
_HTTPS = 443
_IMPLIED = ("sessionAffinity", "sessionAffinityConfig", "ipFamilies", "ipFamilyPolicy",
            "publishNotReadyAddresses", "internalTrafficPolicy", "clusterIPs",
            "clusterIP", "allocateLoadBalancerNodePorts")  # fmt: skip


def read_service(conversion: Conversion, fields: Fields) -> None:
    """The Service of the engine's pods; a second one stays as it is."""
    if fields.text("spec", "clusterIP") == "None":
        fields.implied("groups have a headless Service of their own")
        return
    if reason := _not_for_clients(conversion, fields):
        fields.dropped(*reason)
        return
    conversion.carry(fields.at("metadata", "name"), "service.name")
    _read_metadata(conversion, fields, "service.annotations")
    spec = fields.at("spec")
    kind = spec.at("type")
    if kind.data in ("NodePort", "LoadBalancer"):
        conversion.carry(kind, "service.type")
    elif kind.data in ("ClusterIP", None):
        kind.implied("is the default")
    else:
        kind.dropped("is no type of a Service with pods", "use service.type: ClusterIP")
    _read_ports(conversion, spec.items("ports"))
    spec.at("selector").implied("the chart selects its own pods")
    if spec.get("loadBalancerClass") is not None:
        conversion.carry(spec.at("loadBalancerClass"), "service.loadBalancerClass")
    for key in _IMPLIED:
        spec.at(key).implied("the cluster's default")
    spec.at("loadBalancerSourceRanges").dropped(
        "the chart's NetworkPolicy decides who is let in", "set networkPolicy.clients"
    )
    for key in ("externalTrafficPolicy", "loadBalancerIP", "externalIPs"):
        spec.at(key).dropped("has no key", "set it by an annotation, or after the install")
    settle_frame(fields)


def _not_for_clients(conversion: Conversion, fields: Fields) -> tuple[str, str] | None:
    """Why a Service is not the one of the release, and what to do."""
    if not selects_pods(conversion, fields.mapping("spec", "selector")):
        return "selects other pods", _ELSEWHERE
    known = conversion.workload.ports
    targets = {_target(port) for port in fields.items("spec", "ports")}
    if known and not known & targets:
        return "leads to another port than the engine's", "clients have service.port"
    if conversion.draft.get("service.name") is not None:
        return "a release has one Service for clients", "point clients at service.name"
    return None


def _target(port: Fields) -> str:
    return port.text("targetPort") or port.text("port")


_OF_ONE_POD = ("apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name")
"""Labels that Kubernetes itself gives to pods."""


def selects_pods(conversion: Conversion, selector: dict[str, Any]) -> bool:
    """Whether a selector matches the pods of the workload; true where none was read."""
    labels = conversion.workload.pod_labels
    wanted = {key: value for key, value in selector.items() if key not in _OF_ONE_POD}
    return not labels or (bool(wanted) and wanted.items() <= labels.items())


def _read_metadata(conversion: Conversion, fields: Fields, key: str) -> None:
    read_namespace(fields.at("metadata"))
    fields.at("metadata", "labels").implied("the chart sets labels of its own")
    for name, value in fields.entries("metadata", "annotations"):
        if name.startswith(("kubectl.kubernetes.io/", "meta.helm.sh/", "prometheus.io/")):
            value.dropped("is of another tool")
        else:
            conversion.carry(value, (*key.split("."), name), value.text())


def _read_ports(conversion: Conversion, ports: list[Fields]) -> None:
    """The port that leads to the engine, or else the first, is the clients' port."""
    known = conversion.workload.ports
    leading = [each for each in ports if _target(each) in known]
    chosen = next(iter(leading or ports), None)
    for port in ports:
        if port is not chosen:
            port.dropped("clients have one port", "call service.port")
            continue
        number = port.at("port")
        if number.data == _HTTPS:
            remedy = "set gateway.tls.secretName where clients speak TLS"
            conversion.warn(number, "port 443 without gateway.tls speaks plain HTTP", remedy)
        conversion.carry(number, "service.port")
        if port.get("nodePort") is not None:
            conversion.carry(port.at("nodePort"), "service.nodePort")
        port.implied("it leads to the gateway, port 9000")


def read_ingress(conversion: Conversion, fields: Fields) -> None:
    """An Ingress of one host and one path to the Service."""
    spec = fields.at("spec")
    rules = spec.items("rules")
    paths = [path for rule in rules for path in rule.items("http", "paths")]
    names = {path.text("backend", "service", "name") for path in paths}
    name = conversion.draft.get("service.name")
    if name is not None and str(name) not in names:
        fields.dropped("leads to another Service", _ELSEWHERE)
        return
    if len(rules) != 1 or len(paths) != 1 or not rules[0].text("host"):
        remedy = "keep it as it is: its backend is the Service of the release"
        fields.dropped("has more than one host and path, or no host", remedy)
        return
    conversion.carry(rules[0].at("host"), "ingress.host")
    if paths[0].text("path") not in ("", "/"):
        conversion.carry(paths[0].at("path"), "ingress.path")
    paths[0].implied("it leads to the Service of the release")
    if spec.get("ingressClassName") is not None:
        conversion.carry(spec.at("ingressClassName"), "ingress.ingressClassName")
    for index, tls in enumerate(spec.items("tls")):
        if index == 0 and tls.text("secretName"):
            conversion.carry(tls.at("secretName"), "ingress.tls.secretName")
        tls.at("hosts").implied("the one host")
    _read_metadata(conversion, fields, "ingress.annotations")
    fields.at("metadata", "name").implied("the chart names it")
    settle_frame(fields)


def read_http_route(conversion: Conversion, fields: Fields) -> None:
    """A route that only leads to the Service; with further rules it stays as it is."""
    spec = fields.at("spec")
    rules = spec.items("rules")
    plain = all(set(rule.mapping()) <= {"backendRefs", "matches"} for rule in rules)
    if len(rules) > 1 or not plain or not _is_root(rules):
        fields.dropped("matches and filters have no key", _ELSEWHERE)
        return
    for index, parent in enumerate(spec.items("parentRefs")):
        kept = {key: value for key, value in parent.mapping().items()
                if key in ("name", "namespace", "sectionName", "port")}  # fmt: skip
        conversion.draft.append("httpRoute.parentRefs", kept)
        for key in kept:
            parent.at(key).carried(f"httpRoute.parentRefs[{index}]")
        parent.implied("is a Gateway")
    if spec.get("hostnames"):
        conversion.carry(spec.at("hostnames"), "httpRoute.hostnames")
    for rule in rules:
        rule.implied("it leads to the Service of the release")
    _read_metadata(conversion, fields, "httpRoute.annotations")
    fields.at("metadata", "name").implied("the chart names it")
    settle_frame(fields)


def _is_root(rules: list[Fields]) -> bool:
    matches = [match for rule in rules for match in rule.items("matches")]
    return all(re.fullmatch(r"/?", each.text("path", "value")) for each in matches)
