"""A pod template -> containers, volumes, devices, and the settings of the pod."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.conversion import Conversion, Mount
from wingsctl.convert.engine.container import expanded_words, read_engine
from wingsctl.convert.engine.environment import env_entries
from wingsctl.convert.engine.gateway_container import is_gateway, read_gateway
from wingsctl.convert.engine.presence import container_runs_engine
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.pod_metadata import read_pod_metadata
from wingsctl.convert.kubernetes.pod_settings import read_pod_settings
from wingsctl.convert.kubernetes.pod_volumes import finish_volumes
from wingsctl.convert.kubernetes.resources import read_resources


def read_pod_template(conversion: Conversion, template: Fields) -> None:
    """The pod of a workload: `template` has `metadata` and `spec`.

    `conversion.workload.name` should be set before, for it names Secrets that take the place of
    literals.
    """
    spec = template.at("spec")
    containers = spec.items("containers")
    gateway = next((each for each in containers if is_gateway(each)), None)
    engine = _engine_of(conversion, [each for each in containers if each is not gateway])
    read_pod_metadata(conversion, template.at("metadata"))
    if engine is not None:
        read_container(conversion, engine, spec, gateway)
    for each in containers:
        if each is not engine and each is not gateway:
            _further(conversion, each)
    for each in spec.items("initContainers"):
        _init(conversion, each)
    read_pod_settings(conversion, spec)
    finish_volumes(conversion, spec)


def _engine_of(conversion: Conversion, containers: list[Fields]) -> Fields | None:
    found = [each for each in containers if container_runs_engine(each.mapping())]
    alone = containers if len(containers) == 1 else []
    return next(iter(found or alone), None)


def read_container(
    conversion: Conversion, container: Fields, spec: Fields, gateway: Fields | None = None
) -> None:
    """The engine's container; beside a gateway of this project that one decides the command."""
    conversion.workload.mounts = _mounts(container, spec)
    _read_ports(conversion, container)
    if gateway is not None:
        read_gateway(conversion, gateway, container)
    else:
        entries = env_entries(container.items("env"))
        items = [*container.items("command"), *container.items("args")]
        read_engine(conversion, container.at("image"), expanded_words(items, entries), entries)
    _read_env_from(conversion, container)
    read_resources(conversion, container.at("resources"))
    _read_rest(conversion, container)


def _mounts(container: Fields, spec: Fields) -> list[Mount]:
    volumes = {each.text("name"): each for each in spec.items("volumes")}
    return [
        Mount(
            each.text("mountPath"),
            each,
            volumes.get(each.text("name"), spec.at("volumes", -1)),
            each.text("subPath"),
        )
        for each in container.items("volumeMounts")
    ]


def _read_ports(conversion: Conversion, container: Fields) -> None:
    for port in container.items("ports"):
        conversion.workload.ports |= {port.text("name"), port.text("containerPort")} - {""}
        if port.get("hostPort") is not None:
            remedy = "use service.type: NodePort"
            port.at("hostPort").dropped("pods take no port of their node", remedy)
        port.implied("the chart names its ports itself; clients use service.port")


def _read_env_from(conversion: Conversion, container: Fields) -> None:
    """Whole ConfigMaps of the input are written out; Secrets must be named key by key."""
    for each in container.items("envFrom"):
        name = each.text("configMapRef", "name")
        found = next(
            (other for other in conversion.objects
             if other.text("kind") == "ConfigMap" and other.text("metadata", "name") == name),
            None,
        )  # fmt: skip
        if found is None:
            remedy = "name each key in engine.env: {NAME: {valueFrom: ...}}"
            each.dropped("a profile takes variables one by one", remedy)
            conversion.warn(each, "variables of envFrom are not in the profile", remedy)
            continue
        for key, value in found.entries("data"):
            reference = {"configMapKeyRef": {"name": name, "key": key}}
            entry = (f"{each.text('prefix')}{key}", {"valueFrom": reference})
            conversion.change(value, ("engine", "env", entry[0]), entry[1], "by its key")
        each.changed("engine.env", "each key of the ConfigMap by a reference")


_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def _read_rest(conversion: Conversion, container: Fields) -> None:
    for key in _PROBES:
        container.at(key).implied("the gateway's probes, and a time budget for loading")
    container.at("lifecycle").implied("a pod leaves the Service first, and requests finish")
    container.at("name").implied("the containers are wings-infer and <engine>-engine")
    policy = container.at("imagePullPolicy")
    if policy.data == "IfNotPresent":
        policy.implied("is the default")
    elif policy.data is not None:
        conversion.carry(policy, "engine.image.pullPolicy")
    for key in ("stdin", "tty", "terminationMessagePath", "terminationMessagePolicy"):
        container.at(key).implied("the engine does without it")
    container.at("workingDir").dropped("the engine starts in its own directory")
    _read_security(conversion, container.at("securityContext"))


def _read_security(conversion: Conversion, context: Fields) -> None:
    for entry in context.items("capabilities", "add"):
        known = ("IPC_LOCK", "SYS_RESOURCE", "NET_RAW", "SYS_PTRACE", "SYS_NICE")
        if entry.text() in known:
            conversion.draft.append("fabric.capabilities", entry.text())
            entry.carried("fabric.capabilities")
        else:
            entry.dropped("is no capability that an engine needs", "leave it out")
    context.at("capabilities", "drop").implied("all capabilities are dropped")
    privileged = context.at("privileged")
    if privileged.data:
        privileged.dropped("no container is privileged", "name devices in fabric.rdma")
    privileged.implied("no container is privileged")
    context.at("allowPrivilegeEscalation").implied("is false")
    context.at("readOnlyRootFilesystem").implied("is true")
    context.dropped(
        "both containers run as user 10001 without root",
        "files of the model must be readable for that user; pod.securityContext changes it",
    )


def _further(conversion: Conversion, container: Fields) -> None:
    name = container.text("name") or "a container"
    remedy = "run it as a Deployment of its own, beside the release"
    container.dropped("a pod has the gateway and the engine only", remedy)
    conversion.warn(container, f"the container {name} is not in the profile", remedy)


def _init(conversion: Conversion, container: Fields) -> None:
    name = container.text("name") or "a container"
    remedy = "model.source downloads a model; for the rest run a Job before the install"
    container.dropped("nothing runs before the two containers", remedy)
    conversion.warn(container, f"the init container {name} is not in the profile", remedy)


def plain(value: Any) -> Any:
    """A copy of plain data, for the profile."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
