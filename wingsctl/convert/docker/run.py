"""`docker run` (or podman, nerdctl) as the input."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.docker.mounts import finish_mounts, kubernetes_quantity, read_mount, target_of
from wingsctl.convert.engine.container import read_engine
from wingsctl.convert.engine.environment import EnvEntry
from wingsctl.convert.engine.shell_run import UnreadableShellError, run_shell
from wingsctl.convert.fields import Fields
from wingsctl.convert.words import Variables, Word, settle

_SWITCHES = {"-d", "--detach", "--rm", "-i", "-t", "--interactive", "--tty", "--init",
             "--privileged", "--read-only", "--no-healthcheck", "-P", "--publish-all",
             "--sig-proxy", "--oom-kill-disable", "--replace", "--quiet", "-q"}  # fmt: skip
_LONG = {"-e": "--env", "-v": "--volume", "-p": "--publish", "-m": "--memory", "-u": "--user",
         "-w": "--workdir", "-l": "--label", "-h": "--hostname", "--net": "--network",
         "-c": "--cpu-shares", "--env-file": "--env-file"}  # fmt: skip


@dataclass
class _Run:
    """What the options of one command give before the image."""

    conversion: Conversion
    entries: list[EnvEntry] = field(default_factory=list)
    entry_point: list[Word] = field(default_factory=list)


@dataclass(frozen=True)
class _Option:
    name: str
    value: str
    words: list[Word]

    @property
    def fields(self) -> Fields:
        """Where the value stands; the flag's own word is settled beside it."""
        word = self.words[-1]
        return word.fields.as_part(f"{self.name} {self._named}")

    @property
    def _named(self) -> str:
        """Which of several: the variable, or the path of a volume."""
        if self.name == "--env":
            name = self.value.partition("=")[0]
            return name if re.fullmatch(r"[A-Za-z_]\w{0,80}", name) else "a variable"
        return target_of(self.value) if self.name in ("--volume", "--mount") else ""


def read_docker_run(conversion: Conversion, fields: Fields) -> None:
    """One command: words behind `--`, or a text file with it."""
    conversion.workload.kind, conversion.workload.in_kubernetes = "docker run", False
    words = _words(conversion, fields)
    start = next((at for at, each in enumerate(words) if each.text == "run"), None)
    if start is None:
        settle(words, "dropped", part="the command", note="is no docker run",
               remedy="give the docker run that starts the engine")  # fmt: skip
        return
    settle(words[: start + 1], "implied", part="docker run", note="the chart runs the image")
    run, rest = _Run(conversion), words[start + 1 :]
    while rest and rest[0].text.startswith("-"):
        _read(run, _option(rest))
    image = rest[0].fields if rest else fields
    if rest and rest[0].is_part:
        image = replace(image, data=rest[0].text, part="the image")
    read_engine(conversion, image, [*run.entry_point, *rest[1:]], run.entries)
    finish_mounts(conversion)
    if not isinstance(fields.data, list):
        fields.changed("", "read word by word")


def _words(conversion: Conversion, fields: Fields) -> list[Word]:
    if isinstance(fields.data, list):
        return [Word(each.text(), each) for each in fields.items()]
    try:
        run = run_shell(fields.text(), fields, Variables(), [])
    except UnreadableShellError as error:
        remedy = "repair it"
        fields.dropped(f"no shell text: {error}", remedy)
        conversion.warn(fields, f"the command cannot be read: {error}", remedy)
        return []
    commands = [each.words for each in run.commands]
    for words in commands:
        if not _is_run(words):
            known = re.fullmatch(r"[\w./-]{1,40}", words[0].text)
            part = f"the command {known[0]}" if known else "another command"
            fields.dropped("is not the docker run", "check it", part=part)
    for name, variable in {**run.own, **run.exported}.items():
        variable.fields.changed("", "its value is written out", part=name)
    return next((words for words in commands if _is_run(words)), [])


def _is_run(words: list[Word]) -> bool:
    return any(each.text == "run" for each in words[:4])


def _option(rest: list[Word]) -> _Option:
    """Takes one option with its value from the front of the words."""
    word = rest.pop(0)
    name, equals, value = word.text.partition("=")
    if name in _SWITCHES or _is_bundle(name):
        return _Option(name, value or "true", [word])
    short = name[:2]
    if not name.startswith("--") and len(name) > 2 and short in _LONG:
        return _Option(_LONG[short], word.text[2:], [word])
    if equals:
        return _Option(_LONG.get(name, name), value, [word])
    words = [word, *([rest.pop(0)] if rest else [])]
    return _Option(_LONG.get(name, name), words[1].text if len(words) > 1 else "", words)


def _is_bundle(name: str) -> bool:
    """`-itd`: several switches in one."""
    return re.fullmatch(r"-[ditPq]{2,5}", name) is not None


def _read(run: _Run, option: _Option) -> None:
    if len(option.words) > 1 and not option.words[0].is_part:
        note = "names the value behind it"
        option.words[0].fields.implied(note, part=option.name)
    handler = _OPTIONS.get(option.name)
    if handler is not None:
        handler(run, option)
    elif option.name in _SWITCHES or _is_bundle(option.name):
        option.fields.implied("the chart runs it as a service")
    elif option.name in _IMPLIED:
        option.fields.implied(_IMPLIED[option.name])
    else:
        option.fields.dropped("has no key in the profile", "leave it out")


_IMPLIED = {
    "--ipc": "/dev/shm of the pod has the right size",
    "--shm-size": "/dev/shm of the pod has the right size",
    "--restart": "Kubernetes restarts containers",
    "--runtime": "the device plugin does that",
    "--network": "pods have a network of their own",
    "--pull": "IfNotPresent, or engine.image.pullPolicy",
    "--log-driver": "Kubernetes keeps logs",
    "--log-opt": "Kubernetes keeps logs",
    "--hostname": "pods are named by the chart",
    "--publish": "the Service of the release leads to the gateway, port 9000",
    "--ulimit": "the runtime's limits suffice",
    "--group-add": "the device plugin gives access to devices",
    "--platform": "the node decides it",
    "--health-cmd": "the gateway has probes",
    "--stop-timeout": "is computed from shutdown",
}


def _name(run: _Run, option: _Option) -> None:
    run.conversion.workload.name = option.value
    option.fields.carried("name")


def _gpus(run: _Run, option: _Option) -> None:
    text = option.value.strip("\"'")
    workload = run.conversion.workload
    devices = re.search(r"(?:device|nvidia\.com/gpu)=([\w,:-]+)", text)
    if text.isdigit() and int(text):
        workload.devices = int(text)
    elif devices and devices[1] != "all":
        workload.devices = len(devices[1].split(","))
    note = "a number of devices" if workload.devices else "as many as the sizes need"
    option.fields.changed("accelerator.count", note)


def _device(run: _Run, option: _Option) -> None:
    if "nvidia.com/gpu" in option.value:
        _gpus(run, option)
    elif re.match(r"/dev/(davinci[0-9]+)", option.value):
        run.conversion.workload.devices = (run.conversion.workload.devices or 0) + 1
        option.fields.changed("accelerator.count", "one device more")
    else:
        option.fields.implied("the device plugin gives a pod its devices")


def _env(run: _Run, option: _Option) -> None:
    name, equals, value = option.value.partition("=")
    run.entries.append(EnvEntry(name, value if equals else None, None, option.fields))


def _memory(run: _Run, option: _Option) -> None:
    size = kubernetes_quantity(option.value)
    if size:
        key = ("engine", "resources", "limits", "memory")
        run.conversion.change(option.fields, key, size, "in Kubernetes' unit")
    else:
        option.fields.dropped("is no size", "set engine.resources")


def _cpus(run: _Run, option: _Option) -> None:
    run.conversion.carry(option.fields, ("engine", "resources", "limits", "cpu"), option.value)


def _entry_point(run: _Run, option: _Option) -> None:
    word = option.words[-1]
    run.entry_point = [Word(option.value, option.fields, word.is_part)]


def _file(run: _Run, option: _Option) -> None:
    remedy = "write its variables into engine.env"
    option.fields.dropped("a file of variables is not read", remedy)
    run.conversion.warn(option.fields, "the variables of --env-file are not in the profile", remedy)


_OPTIONS: dict[str, Callable[[_Run, _Option], None]] = {
    "--name": _name,
    "--gpus": _gpus,
    "--device": _device,
    "--env": _env,
    "--env-file": _file,
    "--volume": lambda run, option: read_mount(run.conversion, option.value, option.fields),
    "--mount": lambda run, option: read_mount(run.conversion, option.value, option.fields),
    "--memory": _memory,
    "--cpus": _cpus,
    "--entrypoint": _entry_point,
}
