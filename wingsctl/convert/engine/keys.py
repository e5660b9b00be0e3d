"""The flags that wingsctl sets itself -> the keys of the profile that stand for them."""

from __future__ import annotations

from collections.abc import Callable

from wingsctl.convert.engine.option import Setting
from wingsctl.convert.words import settle

GATEWAY_PORTS = (9000, 9001)


def _model(setting: Setting) -> None:
    workload = setting.conversion.workload
    if workload.is_placed and workload.model == setting.text:
        setting.imply("the same model again")
        return
    if workload.model and workload.model != setting.text:
        setting.drop("another model is given already", "keep one of the two")
        return
    if workload.model_fields is not None:
        setting.imply("the same model again")
        return
    workload.model = workload.model or setting.text
    workload.model_fields = setting.option.words[-1].fields
    workload.model_part = setting.option.written
    if len(setting.option.words) > 1 and not setting.option.words[0].is_part:
        note = "names the value behind it"
        settle(setting.option.words[:-1], "implied", part=setting.option.written, note=note)


def _served_names(setting: Setting) -> None:
    names = [each for text in setting.option.texts for each in text.split(",") if each]
    setting.conversion.workload.served_names = names
    many = setting.engine.many_served_names and len(names) > 1
    setting.put("model.servedName", names if many else (names[:1] or [""])[0])


def _length(setting: Setting) -> None:
    number = setting.number
    if setting.text in ("auto", "-1"):
        setting.imply("without a length wingsctl takes what fits")
    elif number is None:
        setting.drop("is no length", "write model.maxLength")
    else:
        note = "" if setting.text.isdigit() else "written out in tokens"
        setting.put("model.maxLength", number, note)


def _word(key: str) -> Callable[[Setting], None]:
    def read(setting: Setting) -> None:
        if setting.text in ("auto", "None", ""):
            setting.imply("is the default")
        else:
            setting.put(key, setting.text)

    return read


def _chat_template(setting: Setting) -> None:
    text = setting.text
    if "{{" in text or "{%" in text:
        setting.put("model.chatTemplate.inline", text)
        return
    found = setting.conversion.file(text)
    if found is not None:
        found.changed("model.chatTemplate.inline", "the text of the template")
        setting.put("model.chatTemplate.inline", found.data, "the file's text is written out")
        return
    setting.drop(
        "is a file in the image or on a volume",
        "copy it beside the profile and name it in model.chatTemplate.file",
    )


def _source(setting: Setting) -> None:
    if setting.option.name == "revision":
        setting.put("model.source.huggingface.revision", setting.text)
    elif setting.option.name == "download-dir":
        setting.conversion.workload.cache_dirs.add(setting.text)
        setting.imply("the cache of a download has its own place: model.source")
    else:
        _token(setting)


def _token(setting: Setting) -> None:
    reference = _secret_of(setting)
    if reference is None and setting.text:
        fields = setting.option.words[-1].fields
        reference = setting.conversion.refer_to_secret(fields, "hub-token")
    if reference is None:
        setting.imply("a hub that needs no token is asked without one")
    else:
        setting.put("model.source.huggingface.tokenSecret", reference, "as a reference")


def _secret_of(setting: Setting) -> dict[str, str] | None:
    """The Secret behind `$(VARIABLE)`."""
    names = [name for word in setting.option.words for name in word.references]
    found = [setting.variables.by_name[name] for name in names if name in setting.variables.by_name]
    for each in found:
        each.used = True
    return next((each.secret for each in found if each.secret), None)


def _api_key(setting: Setting) -> None:
    reference = _secret_of(setting)
    if reference is None:
        fields = setting.option.words[-1].fields
        reference = setting.conversion.refer_to_secret(fields, "api-keys")
    setting.put("gateway.auth.secret", reference, "the gateway checks keys; a reference to them")


def _tls(setting: Setting) -> None:
    setting.drop(
        "the gateway ends TLS",
        "put certificate and key into a Secret of type kubernetes.io/tls and name it in "
        "gateway.tls.secretName",
    )


def _host(setting: Setting) -> None:
    setting.imply("the engine listens on 127.0.0.1, behind the gateway")


def _port(setting: Setting) -> None:
    number = setting.number
    if setting.text:
        setting.conversion.workload.ports.add(setting.text)
    if setting.option.name != "port" or number is None:
        setting.drop("the gateway reaches the engine by its port", "leave it out")
    elif number == setting.engine.port:
        setting.imply(f"{number} is the engine's port here, too; clients use service.port")
    elif number in GATEWAY_PORTS:
        setting.drop(f"{number} is the gateway's own port", "the engine keeps its usual one")
    else:
        setting.put("engine.port", number)


def _size(key: str) -> Callable[[Setting], None]:
    def read(setting: Setting) -> None:
        if setting.number is None:
            setting.drop("is no number", f"write {key}")
        else:
            setting.put(key, setting.number)

    return read


_DATA_SIZES = (
    "data-parallel-size",
    "dp-size",
    "dp",
    "attn-dp-size",
    "attention-data-parallel-size",
)


def _data(setting: Setting) -> None:
    name = setting.option.name
    if name not in _DATA_SIZES:
        setting.imply("follows from parallelism.data and nodes")
    elif setting.number == 1:
        setting.imply("1 is the default")
    elif (
        setting.engine.parallel.data_inside_tensor
        and name in ("dp-size", "dp", "data-parallel-size")
        and not setting.gives("enable-dp-attention")
    ):
        setting.drop(
            "copies of the model in one pod are pods here",
            "set replicas to this number and accelerator.count to the cards of one copy",
        )
    else:
        _size("parallelism.data")(setting)


def _expert(setting: Setting) -> None:
    if setting.engine.parallel.expert == "size":
        _size("parallelism.expert")(setting)
    elif setting.option.name.startswith("no-"):
        setting.imply("experts are not spread by default")
    else:
        setting.conversion.workload.spreads_experts = True
        settle(
            setting.option.words, "changed", part=setting.option.written,
            key="parallelism.expert", note="a size above 1 switches it on",
        )  # fmt: skip


def _nodes(setting: Setting) -> None:
    references = [name for word in setting.option.words for name in word.references]
    for name in references:
        if name in setting.variables.by_name:
            setting.variables.by_name[name].used = True
    if setting.option.name not in ("nnodes", "n"):
        setting.imply("wingsctl's groups find each other by themselves")
        return
    number = setting.number
    if number == 1:
        setting.imply("1 is the default")
    elif number is not None:
        setting.conversion.workload.group_size = number
        setting.put("nodes", number)
    elif references:
        settle(
            setting.option.words, "changed", part=setting.option.written, key="nodes",
            note="the size of the group is taken from elsewhere",
        )  # fmt: skip
    else:
        setting.drop("is no number", "write nodes")


def _dropped(note: str, remedy: str) -> Callable[[Setting], None]:
    return lambda setting: setting.drop(note, remedy)


OWNED: dict[str, Callable[[Setting], None]] = {
    "model.name": _model,
    "model.servedName": _served_names,
    "model.maxLength": _length,
    "model.quantization": _word("model.quantization"),
    "model.kvCacheType": _word("model.kvCacheType"),
    "model.chatTemplate": _chat_template,
    "model.source": _source,
    "service (the engine listens on 127.0.0.1 behind the gateway)": _host,
    "engine.port": _port,
    "ingress or httpRoute": _dropped("a path prefix is the router's", "set ingress.path"),
    "parallelism.tensor": _size("parallelism.tensor"),
    "parallelism.pipeline": _size("parallelism.pipeline"),
    "parallelism.data": _data,
    "parallelism.expert": _expert,
    "nodes": _nodes,
    "replicas": _dropped("copies behind a balancer are pods here", "set replicas"),
    "shutdown": _dropped("the time for the end of a pod is the profile's", "set shutdown"),
    "gateway.auth": _api_key,
    "gateway.tls": _tls,
    "no flag (it is always on)": lambda setting: setting.imply("is always on"),
    "engine.args": _dropped("flags in a file are not read", "write them into engine.args"),
}
"""By what the engine's file names as the key to use, or by the flag itself."""
