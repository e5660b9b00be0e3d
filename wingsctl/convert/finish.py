"""What is decided when all of the input is read: name, accelerator, sizes; and what is missing."""

from __future__ import annotations

from wingsctl.catalog.versions import applies, version_key
from wingsctl.convert.accelerator_hints import accelerator_of
from wingsctl.convert.conversion import Conversion, slug
from wingsctl.convert.engine.command import set_engine
from wingsctl.convert.engine.model_place import UNNAMED, is_local
from wingsctl.convert.images import engine_of_image
from wingsctl.convert.sizes import resolve_sizes
from wingsctl.documents import Problem, did_you_mean
from wingsctl.plan.image_reference import split_image

_RESOURCES = {"huawei.com/Ascend310P": "huawei-ascend-310p"}
"""Resources that only one accelerator of the catalog has."""


def finish(conversion: Conversion) -> list[Problem]:
    """Fills in the rest of the profile; problems where only an option can give a thing."""
    missing = [
        *_engine(conversion),
        *_model(conversion),
        *_accelerator(conversion),
        *_name(conversion),
    ]
    if not missing:
        resolve_sizes(conversion)
        _groups_need_version(conversion)
        _replicas_or_scaling(conversion)
        _ports_on_nodes(conversion)
    return missing


def _missing(conversion: Conversion, key: str, message: str, hint: str) -> list[Problem]:
    """A problem at a key of the profile that only an option of the same name can give."""
    file = conversion.inputs[0].file if conversion.inputs else "<input>"
    return [Problem(file, 1, 1, key, message, hint)]


def _engine(conversion: Conversion) -> list[Problem]:
    wish = conversion.wishes.engine
    if conversion.workload.engine is None and wish:
        set_engine(conversion, wish)
    if conversion.workload.engine is not None:
        return []
    known = conversion.catalog.names("engines")
    if wish:
        hint = did_you_mean(wish, known) or f"engines: {', '.join(known)}"
        return _missing(conversion, "engine", f"no engine {wish!r} in the catalog", hint)
    hint = f"give --engine {' or --engine '.join(known)}"
    return _missing(
        conversion, "engine", "nothing in the input starts an engine that wingsctl knows", hint
    )


def _model(conversion: Conversion) -> list[Problem]:
    wish = conversion.wishes.model
    if wish and conversion.draft.get("model.name") != wish:
        conversion.draft.replace("model.name", wish)
        conversion.revise("model.name", "the option --model gives another name")
    name = str(conversion.draft.get("model.name") or "")
    if not name or "$(" in name:
        hint = "give --model OWNER/NAME"
        return _missing(conversion, "model", "the input names no model that can be read", hint)
    if name.startswith(UNNAMED) and not is_local(conversion):
        message = f"no name is known for the model at {conversion.workload.model}, and no volume"
        return _missing(
            conversion, "model", message, "give --model OWNER/NAME: it is downloaded then"
        )
    if "/" not in name and conversion.catalog.model(name) is None:
        known = conversion.catalog.names("models")
        hint = did_you_mean(name, known) or "give --model OWNER/NAME"
        return _missing(
            conversion, "model", f"no model {name!r} in the catalog, and it has no owner", hint
        )
    return []


def _name(conversion: Conversion) -> list[Problem]:
    workload = conversion.workload
    wish = conversion.wishes.name
    known = (wish, workload.name, str(conversion.draft.get("model.name") or ""))
    name = next(filter(None, (slug(each) for each in known)), "")
    if (wish and name != wish) or not name:
        hint = "lower-case letters, digits and dashes, a letter first, at most 40 characters"
        shown = f"{wish!r} is no name of a release" if wish else "the input gives no name"
        return _missing(conversion, "name", shown, f"give --name NAME: {hint}")
    conversion.draft.put("name", name)
    if name != workload.name:
        conversion.revise("name", f"{name}: at most 40 lower-case letters, digits and dashes")
    return []


def _accelerator(conversion: Conversion) -> list[Problem]:
    catalog, wish = conversion.catalog, conversion.wishes.accelerator
    if wish:
        return _named(conversion, wish)
    candidates: list[str] = []
    for key, value in conversion.workload.hints:
        name, others = accelerator_of(catalog, key, value)
        if name:
            conversion.draft.put("accelerator.name", name)
            where = f"the label {key}: " if key else "the name "
            conversion.draft.comment("accelerator", f"by {where}{value}")
            return []
        candidates += others
    if alone := _RESOURCES.get(conversion.workload.resource):
        conversion.draft.put("accelerator.name", alone)
        return []
    if conversion.workload.devices is None and _is_cpu_image(conversion):
        conversion.draft.put("accelerator.name", "none")
        return []
    return _missing(
        conversion, "accelerator", _no_accelerator(conversion), _accelerator_hint(candidates)
    )


def _named(conversion: Conversion, wish: str) -> list[Problem]:
    known = conversion.catalog.names("accelerators")
    if wish != "none" and wish not in known:
        hint = did_you_mean(wish, known) or "wingsctl profiles list --kind accelerators"
        return _missing(conversion, "accelerator", f"no accelerator {wish!r} in the catalog", hint)
    conversion.draft.put("accelerator.name", wish)
    return []


def _no_accelerator(conversion: Conversion) -> str:
    devices, resource = conversion.workload.devices, conversion.workload.resource
    known = f", only {resource}: {devices}" if devices else ""
    return f"the input does not name the accelerator{known}"


def _accelerator_hint(candidates: list[str]) -> str:
    if candidates:
        return f"give --accelerator {' or --accelerator '.join(dict.fromkeys(candidates[:6]))}"
    return (
        "give --accelerator NAME (wingsctl profiles list --kind accelerators), or none for CPU only"
    )


def _is_cpu_image(conversion: Conversion) -> bool:
    repository = split_image(conversion.workload.image)[0]
    return bool(engine_of_image(repository)) and "cpu" in repository


def _groups_need_version(conversion: Conversion) -> None:
    """A version that cannot start over several nodes without Ray becomes the next that can."""
    engine, draft = conversion.workload.engine, conversion.draft
    version, nodes = draft.get("engine.version"), draft.get("nodes") or 1
    if engine is None or version is None or nodes == 1:
        return
    if any(applies(row, version) for row in engine.groups):
        return
    able = [
        each
        for each in engine.versions
        if version_key(each) > version_key(version)
        and any(applies(row, each) for row in engine.groups)
    ]
    if not able:
        return
    draft.replace("engine.version", able[0])
    draft.remove("engine.image")
    note = f"{engine.title} {version} starts over several nodes with Ray only"
    draft.comment("engine.version", f"{note}; this is the next that can without")
    for key in ("engine.version", "engine.image"):
        conversion.revise(key, note, f"{able[0]} is the next that starts without Ray: test it")


def _replicas_or_scaling(conversion: Conversion) -> None:
    if conversion.draft.get("autoscaling") and conversion.draft.get("replicas") is not None:
        conversion.draft.remove("replicas")
        conversion.revise("replicas", "KEDA decides the number", "autoscaling.min and max bound it")


def _ports_on_nodes(conversion: Conversion) -> None:
    """Two groups may share a node, so that each has ports of its own there."""
    draft = conversion.draft
    on_nodes = draft.get("pod.hostNetwork") and (draft.get("nodes") or 1) > 1
    if on_nodes and draft.get("engine.port") is not None:
        draft.remove("engine.port")
        note = "on the node's network each group has ports of its own"
        conversion.revise("engine.port", note, "scheduling.firstHostPort is the first of them")
