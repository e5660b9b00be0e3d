"""A service of a compose file as the input."""

from __future__ import annotations

import re

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.docker.mounts import (
    add_mount,
    finish_mounts,
    kubernetes_quantity,
    read_mount,
)
from wingsctl.convert.engine.container import read_engine
from wingsctl.convert.engine.environment import EnvEntry
from wingsctl.convert.engine.shell_run import UnreadableShellError, run_shell
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.workloads import read_replicas
from wingsctl.convert.words import Variables, Word

_IMPLIED = {
    "ipc": "/dev/shm of the pod has the right size",
    "shm_size": "/dev/shm of the pod has the right size",
    "restart": "Kubernetes restarts containers",
    "runtime": "the device plugin does that",
    "ports": "the Service of the release leads to the gateway, port 9000",
    "expose": "the Service of the release leads to the gateway, port 9000",
    "networks": "pods have a network of their own",
    "network_mode": "pods have a network of their own",
    "healthcheck": "the gateway has probes",
    "hostname": "pods are named by the chart",
    "logging": "Kubernetes keeps logs",
    "ulimits": "the runtime's limits suffice",
    "tty": "the chart runs it as a service",
    "stdin_open": "the chart runs it as a service",
    "init": "the chart runs it as a service",
    "pull_policy": "IfNotPresent, or engine.image.pullPolicy",
    "stop_grace_period": "is computed from shutdown",
}
_DROPPED = {
    "depends_on": ("services do not wait for each other here", "clients try again"),
    "env_file": ("a file of variables is not read", "write its variables into engine.env"),
    "build": ("a chart builds no image", "build and push it, and set engine.image"),
    "profiles": ("is of compose", "leave it out"),
    "user": ("both containers run as user 10001", "files must be readable for that user"),
    "privileged": ("no container is privileged", "leave it out"),
    "labels": ("labels of compose are for its own tools", "use labels or annotations"),
}
_VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_]\w*)(?::?[-?+]([^}]*))?\}|([A-Za-z_]\w*))")


def read_service(conversion: Conversion, fields: Fields) -> None:
    """The service that runs the engine."""
    workload = conversion.workload
    workload.kind, workload.in_kubernetes = "compose service", False
    workload.name = _text(fields.at("container_name")) or str(fields.path[-1])
    fields.at("container_name").carried("name")
    _read_volumes(conversion, fields)
    _read_devices(conversion, fields)
    image = fields.at("image")
    shown = Fields(image.ledger, image.path, _text(image)) if image.data is not None else image
    words = [*_words(conversion, fields, "entrypoint"), *_words(conversion, fields, "command")]
    read_engine(conversion, shown, words, _entries(fields.at("environment")))
    finish_mounts(conversion)
    _read_deploy(conversion, fields.at("deploy"))
    for key, note in _IMPLIED.items():
        fields.at(key).implied(note)
    for key, (note, remedy) in _DROPPED.items():
        fields.at(key).dropped(note, remedy)
    _read_frame(fields)


def _read_frame(fields: Fields) -> None:
    """What a compose file has beside its services."""
    root = Fields(fields.ledger, (), fields.ledger.document.data)
    for key in ("version", "name"):
        root.at(key).implied("is of compose")
    root.at("networks").implied("pods have a network of their own")
    root.at("volumes").dropped("a volume of docker is not in the cluster", "make a claim")
    for key, value in root.entries():
        if key.startswith("x-"):
            value.implied("what services take of it stands there")


def _text(fields: Fields) -> str:
    return expanded(fields.text())


def expanded(text: str) -> str:
    """The text with defaults of variables; one without a default stays as `$(NAME)`."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        name = found[1] or found[3]
        return found[2] if found[2] and "?" not in found[0].split(found[2])[0] else f"$({name})"

    return _VARIABLE.sub(value, text)


def _words(conversion: Conversion, fields: Fields, key: str) -> list[Word]:
    """The words of `command` or `entrypoint`, a list or one text."""
    value = fields.at(key)
    if isinstance(value.data, list):
        return [Word(_text(each), each) for each in value.items()]
    if not isinstance(value.data, str):
        return []
    text = expanded(value.data.replace("$$", "\0")).replace("\0", "$")
    try:
        commands = run_shell(" ".join(text.split("\n")), value, Variables(), []).commands
    except UnreadableShellError as error:
        value.dropped(f"no words: {error}", "repair it")
        conversion.warn(value, f"the command cannot be read: {error}", "repair it")
        return []
    return [word for command in commands[:1] for word in command.words]


def _entries(environment: Fields) -> list[EnvEntry]:
    """`environment` as a mapping, or as a list of `NAME=value`."""
    found = []
    for name, value in environment.entries():
        text = None if value.data is None else _text(value)
        found.append(EnvEntry(name, text, None, value))
    for each in environment.items():
        name, equals, _ = each.text().partition("=")
        text = _text(each).partition("=")[2] if equals else None
        found.append(EnvEntry(name, text, None, each))
    return found


def _read_volumes(conversion: Conversion, fields: Fields) -> None:
    for each in fields.items("volumes"):
        if isinstance(each.data, dict):
            add_mount(conversion, _text(each.at("source")), _text(each.at("target")), each)
        else:
            read_mount(conversion, _text(each), each)


def _read_devices(conversion: Conversion, fields: Fields) -> None:
    devices = fields.at("deploy", "resources", "reservations", "devices")
    for each in devices.items():
        count = each.number("count") or len(each.items("device_ids")) or None
        conversion.workload.devices = conversion.workload.devices or count
        note = "a number of devices" if count else "as many as the sizes need"
        each.changed("accelerator.count", note)
    gpus = fields.at("gpus")
    conversion.workload.devices = conversion.workload.devices or gpus.number()
    gpus.changed("accelerator.count", "as many as the sizes need")


def _read_deploy(conversion: Conversion, deploy: Fields) -> None:
    for kind, place in (("requests", "reservations"), ("limits", "limits")):
        section = deploy.at("resources", place)
        cpus, memory = section.at("cpus"), section.at("memory")
        if cpus.data is not None:
            key: tuple[str, ...] = ("engine", "resources", kind, "cpu")
            conversion.carry(cpus, key, _text(cpus))
        size = kubernetes_quantity(_text(memory))
        if size:
            key = ("engine", "resources", kind, "memory")
            conversion.change(memory, key, size, "in Kubernetes' unit")
    if deploy.get("replicas") is not None:
        read_replicas(conversion, deploy.at("replicas"))
    deploy.at("restart_policy").implied("Kubernetes restarts containers")
