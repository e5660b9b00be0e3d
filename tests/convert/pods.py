"""Pod templates and the objects around them -> their meaning, without wingsctl's own reader."""

from __future__ import annotations

from typing import Any

from tests.convert.meaning import Meaning, Words, add_flags, gibibytes, normal
from tests.convert.places import Place
from tests.convert.scripts import engine_words, script_words

ENGINES = ("vllm", "sglang")


Scripts = dict[str, Place]
"""Files of ConfigMaps by their names."""
_BY_HAND = {
    "MODEL_PATH": "model",
    "TP_SIZE": "tensor-parallel-size",
    "MAX_MODEL_LEN": "max-model-len",
}


def add_pod(meaning: Meaning, template: Place, scripts: Scripts | None = None) -> None:
    """The pod's engine, where it runs, and what it mounts."""
    spec = template / "spec"
    container = engine_of(spec)
    for each in (spec / "containers").items():
        add_gateway(meaning, each)
    add_container(meaning, container, scripts or {})
    add_settings(meaning, spec)
    add_volumes(meaning, container, spec)


def add_worker(meaning: Meaning, template: Place) -> None:
    """The pod of a worker, whose facts have kinds of their own."""
    own = Meaning()
    add_pod(own, template)
    meaning.facts |= {(f"worker {kind}", name): fact for (kind, name), fact in own.facts.items()}


def engine_of(spec: Place) -> Place:
    """The container of an engine, or else the first."""
    found = (spec / "containers").items()
    for each in found:
        words = [*(each.data.get("command") or []), *(each.data.get("args") or [])]
        text = f"{each.data.get('image')} {' '.join(map(str, words))}"
        if any(engine in text for engine in ENGINES):
            return each
    return found[0]


def add_gateway(meaning: Meaning, container: Place) -> None:
    """A gateway written by hand, which makes the command out of variables."""
    entries = {each.data["name"]: each for each in (container / "env").items()}
    if "ENGINE_TYPE" in entries:
        for name, flag in _BY_HAND.items():
            if name in entries:
                meaning.add("flag", flag, normal(entries[name].data["value"]), entries[name])


def add_container(meaning: Meaning, container: Place, scripts: Scripts) -> None:
    """Command, variables, resources."""
    items = [*(container / "command").items(), *(container / "args").items()]
    words: Words = [(str(each.data), each) for each in items]
    add_env(meaning, (container / "env").items())
    known = {
        each.data["name"]: str(each.data.get("value", "")) for each in (container / "env").items()
    }
    file = next(
        (scripts[name] for text, _ in words if (name := text.rsplit("/", 1)[-1]) in scripts), None
    )
    if file is not None:
        add_flags(meaning, script_words(file.data, file, known))
    elif words:
        add_flags(meaning, engine_words(words, known))
    add_resources(meaning, container / "resources")


def add_env(meaning: Meaning, entries: list[Place]) -> None:
    """Variables: a text, or the reference that gives it."""
    for entry in entries:
        value = entry / "value" if "value" in entry.data else entry / "valueFrom"
        text = value.data if isinstance(value.data, dict) else str(value.data)
        meaning.add("env", str(entry.data["name"]), text, value)


def add_resources(meaning: Meaning, resources: Place) -> None:
    """Requests and limits; devices are one number, wherever they stand."""
    for kind in ("requests", "limits"):
        for name, value in (resources / kind).entries():
            if is_device(name):
                meaning.add("devices", name, gibibytes(value.data), value)
            else:
                meaning.add(kind, name, gibibytes(value.data), value)


def is_device(name: str) -> bool:
    """Whether an extended resource is that of a device plugin."""
    return "/" in name


def add_settings(meaning: Meaning, spec: Place) -> None:
    """Where the pods run."""
    for key, value in (spec / "nodeSelector").entries():
        meaning.add("nodeSelector", key, value.data, value)
    for each in (spec / "tolerations").items():
        meaning.add("toleration", repr(sorted(each.data.items())), True, each)
    for key in ("runtimeClassName", "priorityClassName", "schedulerName", "serviceAccountName",
                "hostNetwork", "affinity"):  # fmt: skip
        value = spec / key
        if value.data not in (None, "", {}, False):
            meaning.add("pod", key, value.data, value)


def add_volumes(meaning: Meaning, container: Place, spec: Place) -> None:
    """The claims, directories and images behind the engine's mounts."""
    volumes = {each.data.get("name"): each for each in (spec / "volumes").items()}
    for mount in (container / "volumeMounts").items():
        volume = volumes.get(mount.data.get("name"))
        if volume is not None:
            add_volume(meaning, volume)


def add_volume(meaning: Meaning, volume: Place) -> None:
    """What a volume holds; scratch space means nothing."""
    for kind, key in (
        ("persistentVolumeClaim", "claimName"),
        ("hostPath", "path"),
        ("image", "reference"),
    ):
        value = volume.at(kind, key)
        if value.data is not None:
            name = f"{kind} {value.data}"
            again = f"{name} again" if ("volume", name) in meaning.facts else name
            meaning.add("volume", again, True, value)


def add_number(meaning: Meaning, name: str, value: Place, default: Any = None) -> None:
    """A number of pods or groups."""
    if value.data is not None and value.data != default:
        meaning.add("count", name, int(value.data), value)
