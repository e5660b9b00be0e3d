"""What the production stack's values have beside the model: claims, router, cache server."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields

_BESIDE = {
    "cacheserverSpec": "a cache server is a workload of its own",
    "loraController": "the engine loads adapters by itself",
    "sharedPvcStorage": "a claim for all models is made apart",
    "grafanaDashboards": "dashboards are no part of a release",
    "kube-prometheus-stack": "Prometheus is no part of a release",
    "prometheus-adapter": "KEDA scales",
    "extraObjects": "objects of one's own stay beside the chart",
}
_ROUTER = (("serviceType", "service.type"), ("servicePort", "service.port"),
           ("nodePort", "service.nodePort"))  # fmt: skip
_KEEP = "keep it as it is, beside the release"


def settle_stack(root: Fields) -> None:
    """Sections that no model's profile has."""
    for key, note in _BESIDE.items():
        root.at(key).dropped(note, _KEEP)
    remedy = 'set engine.args: {lora-modules: ["NAME=PATH"]}'
    root.at("loraAdapters").dropped("adapters are arguments of the engine", remedy)
    root.at("servingEngineSpec", "enableEngine").implied("the engine is the release")


def read_rest(conversion: Conversion, rest: Fields) -> None:
    """After the model: its claim, the address of clients, and what is left."""
    root, model = rest.at("root"), rest.at("model")
    serving = root.at("servingEngineSpec")
    _warn_of_caching(conversion, model.at("vllmConfig"))
    _read_claim(conversion, model)
    _read_router(conversion, root.at("routerSpec"), serving)
    _read_monitor(conversion, serving.at("serviceMonitor"))
    for key, value in model.entries("serviceAnnotations"):
        conversion.carry(value, ("service", "annotations", key), value.text())
    serving.at("sidecar").dropped("a pod has the gateway and the engine only", _KEEP)
    serving.at("labels").implied("the model has labels of the same names")
    serving.at("extraPorts").dropped("clients reach the gateway's port only")


def _warn_of_caching(conversion: Conversion, config: Fields) -> None:
    """The stack's chart switches prefix caching off where the values do not have it."""
    if config.data is not None and config.get("enablePrefixCaching") is None:
        message = "prefix caching is off: the stack's chart adds --no-enable-prefix-caching here"
        hint = "take engine.args.no-enable-prefix-caching out to have it on, as vLLM has it"
        conversion.warn(config, message, hint)


def _read_claim(conversion: Conversion, model: Fields) -> None:
    """A claim of the release, where the values do not name one that exists."""
    size = model.at("pvcStorage")
    is_new = isinstance(size.data, str) and not model.text("pvcExistingClaimName")
    is_path = model.text("modelURL").startswith("/")
    key = "model.source.pvc.create" if is_path else "model.source.huggingface.cache.pvc.create"
    if is_new and conversion.carry(size, f"{key}.size"):
        _read_new_claim(conversion, model, key)
    size.implied("the claim exists already")
    for name in ("pvcMatchLabels", "pvcLabels", "pvcAnnotations"):
        if model.get(name):
            remedy = "make the claim yourself, and name it: claimName"
            model.at(name).dropped("claims of the chart have no labels of their own", remedy)
        model.at(name).implied("is empty")
    for name in ("storageClass", "pvcAccessMode", "pvcExistingClaimName"):
        model.at(name).implied("no claim is made")


def _read_new_claim(conversion: Conversion, model: Fields, key: str) -> None:
    storage = model.at("storageClass")
    if storage.text():
        conversion.carry(storage, f"{key}.storageClassName")
    storage.implied("the cluster's default")
    modes = model.at("pvcAccessMode")
    if modes.data:
        conversion.carry(modes, f"{key}.accessModes")
    elif (model.number("replicaCount") or 1) > 1:
        conversion.draft.put(f"{key}.accessModes", ["ReadWriteMany"])


def _read_router(conversion: Conversion, router: Fields, serving: Fields) -> None:
    """The gateway in each pod takes the router's place, and the Service its address."""
    if router.get("enableRouter") is False or router.data is None:
        port = serving.at("servicePort")
        if port.data is not None:
            conversion.carry(port, "service.port", port.number())
    else:
        serving.at("servicePort").dropped("clients use the router's port")
        for key, target in _ROUTER:
            if router.get(key) is not None:
                conversion.carry(router.at(key), target)
        for key, value in router.entries("serviceAnnotations"):
            conversion.carry(value, ("service", "annotations", key), value.text())
    logic = router.at("routingLogic")
    remedy = "frontDoor: true sends each request to the least busy pod"
    logic.dropped("the Service spreads requests over the pods", remedy)
    router.dropped(
        "there is no router: each pod has a gateway, and the Service is in front", remedy
    )


def _read_monitor(conversion: Conversion, monitor: Fields) -> None:
    enabled = monitor.at("enabled")
    if enabled.data is not True:
        monitor.implied("there is no monitor")
        return
    conversion.carry(enabled, "monitoring.enabled")
    seconds = monitor.text("interval").removesuffix("s")
    if seconds.isdigit():
        value = monitor.at("interval")
        conversion.change(value, "monitoring.intervalSeconds", int(seconds), "in seconds")
    for key, value in monitor.entries("additionalLabels"):
        conversion.carry(value, ("monitoring", "labels", key), value.text())
    monitor.dropped("the PodMonitor of the chart decides it")
