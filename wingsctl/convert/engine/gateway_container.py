"""The gateway of this project in a hand-written pod: its variables decide the engine's command."""

from __future__ import annotations

from collections.abc import Callable

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.command import set_engine
from wingsctl.convert.engine.environment import (
    EnvEntry,
    env_entries,
    read_environment,
    variables_of,
)
from wingsctl.convert.engine.keys import GATEWAY_PORTS
from wingsctl.convert.engine.model_place import resolve_model
from wingsctl.convert.fields import Fields
from wingsctl.convert.images import engine_of_image, read_image, version_of_image
from wingsctl.convert.kinds import COMMAND
from wingsctl.convert.secret_texts import is_secret_name

_KNOWN = ("ENGINE_TYPE", "MODEL_PATH", "WINGS_PORT")


def is_gateway(container: Fields) -> bool:
    """Whether a container is wings-infer."""
    names = {each.text("name") for each in container.items("env")}
    named = container.text("name").startswith("wings-infer")
    return named or len(names & set(_KNOWN)) > 1


def read_gateway(conversion: Conversion, gateway: Fields, engine: Fields) -> None:
    """Both containers; the engine's command only waits for the gateway's."""
    entries = env_entries(gateway.items("env"))
    texts = {each.name: each.text or "" for each in entries}
    image = engine.at("image")
    name = texts.get("ENGINE_TYPE") or engine_of_image(image.text()) or "vllm"
    if set_engine(conversion, name) is None:
        gateway.dropped("the engine is not in the catalog", "give --engine NAME")
        return
    workload = conversion.workload
    workload.version = version_of_image(image.text())
    workload.short_name = texts.get("MODEL_NAME", "")
    for each in entries:
        _read_variable(conversion, each)
    resolve_model(conversion)
    read_image(conversion, image)
    _read_rest(conversion, gateway)
    waiting = "it waits for the command of the gateway"
    engine.at("command").implied(waiting)
    engine.at("args").implied(waiting)
    own = env_entries(engine.items("env"))
    read_environment(conversion, own, variables_of(own))
    _warn_of_own_flags(conversion, gateway)


def _warn_of_own_flags(conversion: Conversion, gateway: Fields) -> None:
    if any(each.ledger.kind == COMMAND for each in conversion.objects):
        return
    conversion.warn(
        gateway,
        "flags that its code added to the command are not in the input",
        "give the command that it wrote, too: kubectl exec POD -c wings-infer -- cat "
        "/shared-volume/start_command.sh > start_command.sh",
    )


def _read_variable(conversion: Conversion, entry: EnvEntry) -> None:
    handler = _VARIABLES.get(entry.name)
    if handler is not None:
        handler(conversion, entry)
    elif entry.source is None and is_secret_name(entry.name):
        reference = conversion.refer_to_secret(entry.fields, entry.name.replace("_", "-"), "value")
        value = {"valueFrom": {"secretKeyRef": reference}}
        conversion.change(entry.fields, ("gateway", "env", entry.name), value, "by a reference")
    elif entry.source is not None:
        conversion.carry(entry.fields, ("gateway", "env", entry.name), {"valueFrom": entry.source})
    else:
        conversion.carry(entry.fields, ("gateway", "env", entry.name), entry.text or "")


def _model_path(conversion: Conversion, entry: EnvEntry) -> None:
    conversion.workload.model = entry.text or "/models"
    conversion.workload.model_fields = entry.fields


def _model_name(conversion: Conversion, entry: EnvEntry) -> None:
    entry.fields.changed("model.servedName", "the first of the names that the API answers to")


def _number(key: str) -> Callable[[Conversion, EnvEntry], None]:
    def read(conversion: Conversion, entry: EnvEntry) -> None:
        text = entry.text or ""
        if text.isascii() and text.isdigit() and int(text) > 0:
            conversion.carry(entry.fields, key, int(text))
        else:
            entry.fields.dropped("is no number", f"write {key}")

    return read


def _engine_port(conversion: Conversion, entry: EnvEntry) -> None:
    engine, text = conversion.workload.engine, entry.text or ""
    conversion.workload.ports.add(text)
    if engine is None or text == str(engine.port) or text in map(str, GATEWAY_PORTS):
        entry.fields.implied("the engine's usual port")
    else:
        _number("engine.port")(conversion, entry)


_VARIABLES: dict[str, Callable[[Conversion, EnvEntry], None]] = {
    "ENGINE_TYPE": lambda _, entry: entry.fields.carried("engine.name"),
    "MODEL_NAME": _model_name,
    "MODEL_PATH": _model_path,
    "TP_SIZE": _number("parallelism.tensor"),
    "MAX_MODEL_LEN": _number("model.maxLength"),
    "ENGINE_PORT": _engine_port,
    "WINGS_PORT": lambda _, entry: entry.fields.implied("9000 always; clients use service.port"),
}


def _read_rest(conversion: Conversion, gateway: Fields) -> None:
    for port in gateway.items("ports"):
        conversion.workload.ports |= {port.text("name"), port.text("containerPort")} - {""}
    for kind in ("requests", "limits"):
        for name, value in gateway.entries("resources", kind):
            conversion.carry(value, ("gateway", "resources", kind, name), value.text())
    gateway.at("image").changed(
        "gateway.image", "charts need the wings-infer of this version",
        "push it and set gateway.image, or WINGSCTL_GATEWAY_IMAGE",
    )  # fmt: skip
    for key in ("env", "resources"):
        gateway.at(key).dropped("is not known to wingsctl")
    gateway.implied("the chart's own container wings-infer")
