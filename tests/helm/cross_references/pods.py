"""What must fit inside one pod: names, mounts, the ports of probes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.helm.cross_references.release import Object, Pods, Release, twice

HANDLERS = ("httpGet", "tcpSocket", "grpc")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def nothing_is_there_twice(release: Release) -> Iterator[str]:
    for pods in release.pods:
        for what, values in _lists(pods):
            yield from (f"{pods.place}: {what} {value} is there twice" for value in twice(values))


def _lists(pods: Pods) -> Iterator[tuple[str, list[object]]]:
    ports = [port for each in pods.containers for port in each.get("ports", [])]
    yield "volume", [each["name"] for each in pods.spec.get("volumes", [])]
    yield "container", [each["name"] for each in pods.containers]
    yield "port", [each["name"] for each in ports if "name" in each]
    yield "port", [(each["containerPort"], each.get("protocol", "TCP")) for each in ports]
    for each in pods.containers:
        yield "variable", [entry["name"] for entry in each.get("env", [])]
        mounts = each.get("volumeMounts", [])
        yield "mount path", [mount["mountPath"].rstrip("/") or "/" for mount in mounts]


def mounts_have_volumes(release: Release) -> Iterator[str]:
    for pods in release.pods:
        volumes = {each["name"] for each in pods.spec.get("volumes", [])}
        mounts = [mount for each in pods.containers for mount in each.get("volumeMounts", [])]
        mounted = {mount["name"] for mount in mounts}
        for name in sorted(mounted - volumes - pods.claims):
            yield f"{pods.place}: mounts {name}, which is no volume"
        for name in sorted((volumes | pods.claims) - mounted):
            yield f"{pods.place}: nothing mounts the volume {name}"


def handlers_ask_ports_of_their_container(release: Release) -> Iterator[str]:
    for pods in release.pods:
        for container in pods.containers:
            listed = container.get("ports", [])
            own = {port[key] for port in listed for key in ("name", "containerPort") if key in port}
            for name, port in _handler_ports(container):
                if port not in own:
                    yield f"{pods.place}: {name} asks {container['name']}'s port {port}"


def _handler_ports(container: Object) -> Iterator[tuple[str, str | int]]:
    hooks = container.get("lifecycle", {})
    handlers = {name: container[name] for name in PROBES if name in container} | hooks
    for name, handler in handlers.items():
        yield from ((name, handler[way]["port"]) for way in HANDLERS if way in handler)


RULES = (nothing_is_there_twice, mounts_have_volumes, handlers_ask_ports_of_their_container)
