"""The model as the engine takes it, and the volumes -> name, source and served names."""

from __future__ import annotations

import re
from typing import Any

from wingsctl.convert.conversion import Conversion, Mount, Workload

HUB_CACHES = ("/root/.cache/huggingface", "/root/.cache", "/root/.cache/huggingface/hub",
              "/home/vllm/.cache/huggingface", "/root/.cache/modelscope",
              "/.cache/huggingface")  # fmt: skip
"""Where the engines' own images keep what they download."""
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
_SNAPSHOT = re.compile(r"models--([\w.-]+?)--([\w.-]+)")
_PLAIN = {"models", "model", "data", "mnt", "hub", "cache", "workspace", "root", "home", "weights"}


UNNAMED = "local/"
"""Owner of a model of which only a directory is known."""


def is_local(conversion: Conversion) -> bool:
    """Whether the weights are on a volume, and not at a hub."""
    kinds = ("hostPath", "pvc", "image")
    return any(conversion.draft.get(("model", "source", kind)) for kind in kinds)


def resolve_model(conversion: Conversion) -> None:
    """Settles the model's own field and the volumes that hold it; to be called before the
    environment is read, because a hub's token has no place beside weights on a volume.
    """
    workload = conversion.workload
    model = workload.model
    if workload.is_placed or not model:
        return
    workload.is_placed = True
    snapshot = _SNAPSHOT.search(model)
    if snapshot:
        _at_hub(conversion, f"{snapshot[1]}/{snapshot[2]}", "a path in the hub's cache")
    elif not model.startswith(("/", "./", "~")):
        name = re.sub(r"^hf:(//)?", "", model)
        _at_hub(conversion, name, "" if name == model else "without the scheme")
    else:
        _at_path(conversion, model)
    _read_caches(conversion)


def _at_hub(conversion: Conversion, name: str, note: str) -> None:
    workload, fields = conversion.workload, conversion.workload.model_fields
    if not name:
        return
    conversion.draft.put("model.name", name)
    if fields is not None and note:
        fields.changed("model.name", note, part=workload.model_part)
    elif fields is not None:
        fields.carried("model.name", part=workload.model_part)
    entry = conversion.catalog.model(name)
    known = entry.profile.name if entry else name
    if not workload.served_names and known != workload.model:
        _serve(conversion, [workload.model], known)


def _at_path(conversion: Conversion, path: str) -> None:
    workload, fields = conversion.workload, conversion.workload.model_fields
    mount = _mount_of(workload, path)
    name, is_known = _name_of(conversion, path)
    conversion.draft.put("model.name", name)
    source = _source(mount, path) if mount else None
    if source is not None and mount is not None:
        for key in ("huggingface", "modelscope"):
            conversion.draft.remove(f"model.source.{key}")
        for key, value in source.items():
            conversion.draft.put(("model", "source", key), value)
        _settle_mount(mount, "model.source", "mounted read-only at /models")
        note = "the place of the weights, by volume and directory"
        if fields is not None:
            fields.changed("model.source", note, part=workload.model_part)
    else:
        _without_source(conversion, path, mount)
    if not is_known and fields is not None:
        conversion.warn(
            fields,
            f"the model is not in the catalog: it is called {name}",
            "give --model OWNER/NAME, or model.config: path/to/config.json in the profile",
        )
    if not workload.served_names:
        first = workload.short_name or path.rstrip("/").rsplit("/", 1)[-1]
        _serve(conversion, [first, path], name)


def _without_source(conversion: Conversion, path: str, mount: Mount | None) -> None:
    """Weights in the image, or on a volume that a profile cannot have as a source."""
    workload, fields = conversion.workload, conversion.workload.model_fields
    kinds = [each for each in (mount.volume.mapping() if mount else {}) if each != "name"]
    where = f"on a volume of the kind {kinds[0]}" if kinds else "not on a volume of the input"
    remedy = "put the weights into a claim and set model.source.pvc, or let the hub serve them"
    if mount is not None:
        _drop_mount(mount, "weights are on a node, in a claim, in an image or at a hub", remedy)
    if fields is None:
        return
    fields.changed("model.name", f"{path} is {where}: the hub's copy is used", remedy,
                   part=workload.model_part)  # fmt: skip
    conversion.warn(fields, f"the model is {where}: the profile downloads it from the hub", remedy)


def _serve(conversion: Conversion, names: list[str], known: str) -> None:
    """Clients go on with the name that they use: the model as the engine was given it."""
    engine = conversion.workload.engine
    unique = list(dict.fromkeys(name for name in names if name))
    if engine is None or not unique or conversion.draft.get("model.servedName"):
        return
    many = engine.many_served_names and len(unique) > 1
    value: Any = unique if many else unique[0 if conversion.workload.short_name else -1]
    if value != known:
        conversion.draft.put("model.servedName", value)
        conversion.draft.comment("model.servedName", "the names that clients send as `model`")


def _name_of(conversion: Conversion, path: str) -> tuple[str, bool]:
    """The model's name by its directory, and whether the catalog knows it."""
    parts = [each for each in path.strip("/").split("/") if each not in (".", "~")]
    last = parts[-1] if parts else ""
    workload = conversion.workload
    tried = ["/".join(parts[-2:]), last, workload.short_name, *workload.served_names]
    if conversion.wishes.model:
        return conversion.wishes.model, True
    for name in tried:
        entry = conversion.catalog.model(name) if len(name) > 2 and name not in _PLAIN else None
        if entry is not None:
            return entry.profile.name, True
    named = next((each for each in (workload.short_name, *workload.served_names)
                  if _REPOSITORY.fullmatch(each)), "")  # fmt: skip
    if named:
        return named, False
    owned = len(parts) > 2 and parts[-2] not in _PLAIN
    tail = re.sub(r"[^\w.-]", "-", last) or "model"
    return ("/".join(parts[-2:]) if owned else f"{UNNAMED}{tail}"), False


def _mount_of(workload: Workload, path: str) -> Mount | None:
    """The mount that a path lies in, the longest of several."""
    found = [
        each
        for each in workload.mounts
        if path == each.path.rstrip("/") or path.startswith(each.path.rstrip("/") + "/")
    ]
    return max(found, key=lambda each: len(each.path), default=None)


def _source(mount: Mount, path: str) -> dict[str, Any] | None:
    """The profile's source of a volume, None where there is none for its kind."""
    rest = path.rstrip("/").removeprefix(mount.path.rstrip("/")).strip("/")
    volume = mount.volume
    if host := volume.text("hostPath", "path"):
        below = f"{host.rstrip('/')}/{mount.sub_path}".rstrip("/") or "/"
        return {"hostPath": {"path": below}, **_directory(rest)}
    if claim := volume.text("persistentVolumeClaim", "claimName"):
        inner = "/".join(filter(None, (mount.sub_path.strip("/"), rest)))
        return {"pvc": {"claimName": claim}, **_directory(inner)}
    if reference := volume.text("image", "reference"):
        return {"image": {"reference": reference}, **_directory(rest)}
    return None


def _directory(path: str) -> dict[str, str]:
    return {"directory": path} if path else {}


def _settle_mount(mount: Mount, key: str, note: str) -> None:
    mount.fields.changed(key, note)
    mount.volume.changed(key, note)


def _read_caches(conversion: Conversion) -> None:
    """Volumes in which an engine keeps what it downloads."""
    workload = conversion.workload
    places = [each.rstrip("/") for each in (*HUB_CACHES, *workload.cache_dirs)]
    hub = "modelscope" if conversion.draft.get("model.source.modelscope") else "huggingface"
    for mount in workload.mounts:
        if mount.path.rstrip("/") not in places:
            continue
        if is_local(conversion):
            _drop_mount(mount, "a cache of downloads, and the weights are on a volume")
        else:
            _read_cache(conversion, mount, f"model.source.{hub}.cache")


def _read_cache(conversion: Conversion, mount: Mount, key: str) -> None:
    claim = mount.volume.text("persistentVolumeClaim", "claimName")
    if claim and conversion.draft.put(f"{key}.pvc.claimName", claim):
        top = "; not below its subPath: it is downloaded again" if mount.sub_path else ""
        _settle_mount(mount, f"{key}.pvc.claimName", f"the cache, where wingsctl has it{top}")
        return
    if mount.volume.get("emptyDir") is not None:
        limit = mount.volume.text("emptyDir", "sizeLimit")
        if limit:
            conversion.draft.put(f"{key}.ephemeral.sizeLimit", limit)
        _settle_mount(mount, f"{key}.ephemeral", "a cache that lives as long as the pod")
        return
    _drop_mount(mount, "a cache of downloads is a claim here, or ends with the pod",
                "set model.source.huggingface.cache.pvc.claimName")  # fmt: skip


def _drop_mount(mount: Mount, note: str, remedy: str = "") -> None:
    mount.fields.dropped(note, remedy)
    mount.volume.dropped(note, remedy)
