"""Values of vLLM's production stack -> one Deployment or group for each model."""

from __future__ import annotations

from typing import Any

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.operators.production_model import model_container, model_environment
from wingsctl.convert.operators.production_rest import read_rest, settle_stack
from wingsctl.convert.operators.production_volumes import model_volumes
from wingsctl.convert.shaped import overlaid, shaped

KIND = "modelSpec"
MARK = "servingEngineSpec"


def translate_stack(conversion: Conversion, root: Fields) -> list[Fields]:
    """A workload for each model that is switched on; the rest of the values is settled."""
    serving = root.at(MARK)
    models = serving.items("modelSpec")
    enabled = [each for each in models if each.get("enabled") is not False]
    for each in models:
        if each not in enabled:
            each.dropped("is switched off")
        each.at("enabled").implied("it is converted")
    found = [_workload(root, serving, each) for each in enabled]
    scalings = [each for model in enabled for each in _scaling(conversion, model)]
    settle_stack(root)
    return [*found, *scalings]


def read_model_spec(conversion: Conversion, fields: Fields) -> None:
    """One model, and what the values have for all of them."""
    from wingsctl.convert.kubernetes.leader_worker_set import read_group

    read_group(conversion, fields)
    read_rest(conversion, fields.at("rest"))


def _workload(root: Fields, serving: Fields, model: Fields) -> Fields:
    """In the shape of a LeaderWorkerSet, or of a Deployment with one pod."""
    labels = {**_labels(serving.at("labels")), **_labels(model.at("labels"))}
    metadata = {"name": model.at("name"), "annotations": model.at("annotations"), "labels": labels}
    frame = {
        "kind": KIND,
        "metadata": metadata,
        "rest": shaped(root, {"root": root, "model": model}),
    }
    template = {"metadata": _pod_metadata(model), "spec": _pod(serving, model)}
    ray = model.at("raySpec")
    if ray.get("enabled") is not True:
        ray.implied("there is no Ray")
        spec = {"template": template, "replicas": model.at("replicaCount"), **_strategy(serving)}
        return shaped(root, {**frame, "spec": spec})
    spec = {**_ray(model, ray, template), **_strategy(serving)}
    return shaped(root, {**frame, "spec": spec})


def _labels(labels: Fields) -> dict[str, Fields]:
    return dict(labels.entries())


def _pod_metadata(model: Fields) -> dict[str, Fields]:
    return {"annotations": model.at("podAnnotations"), "labels": model.at("podLabels")}


def _strategy(serving: Fields) -> dict[str, Fields]:
    return {"strategy": serving.at("strategy")}


def _ray(model: Fields, ray: Fields, template: dict[str, Any]) -> dict[str, Any]:
    """A head and `replicaCount` further pods, which is one group."""
    workers = model.number("replicaCount") or 0
    ray.at("enabled").implied("groups of pods start without Ray")
    model.at("replicaCount").changed("nodes", "Ray's head and its workers are one group")
    head = ray.at("headNode")
    head.at("initContainer").dropped("nothing runs before the two containers")
    leader = {**template, "spec": {**template["spec"], "containers": [_head(template, head)]}}
    worker = {**template, "spec": {**template["spec"], "containers": [_joining(template)]}}
    return {
        "leaderWorkerTemplate": {
            "size": workers + 1, "leaderTemplate": leader, "workerTemplate": worker
        }
    }  # fmt: skip


def _head(template: dict[str, Any], head: Fields) -> dict[str, Any]:
    from wingsctl.convert.operators.production_model import model_resources

    container = dict(template["spec"]["containers"][0])
    return {**container, "resources": model_resources(head)}


def _joining(template: dict[str, Any]) -> dict[str, Any]:
    container = dict(template["spec"]["containers"][0])
    return {**container, "command": ["ray", "start"]}


def _pod(serving: Fields, model: Fields) -> dict[str, Any]:
    volumes, mounts = model_volumes(model)
    container = {
        **model_container(serving, model),
        "env": model_environment(serving, model),
        "volumeMounts": mounts,
    }
    init = model.at("initContainer")
    runtime = "runtimeClassName"
    chosen = model if model.get(runtime) is not None else serving
    if chosen is model:
        serving.at(runtime).implied("the model's own decides")
    return {
        "containers": [container],
        "initContainers": [] if init.data is None else [init],
        "volumes": volumes,
        "tolerations": _tolerations(serving, model),
        "affinity": _affinity(model),
        "nodeName": model.at("nodeName") if model.text("nodeName") else None,
        "securityContext": serving.at("securityContext"),
        "schedulerName": serving.at("schedulerName"),
        "priorityClassName": model.at("priorityClassName"),
        "serviceAccountName": model.at("serviceAccountName"),
        "imagePullSecrets": _pull_secrets(model.at("imagePullSecret")),
        runtime: chosen.at(runtime),
    }


def _tolerations(serving: Fields, model: Fields) -> list[Fields]:
    own, general = model.items("tolerations"), serving.items("tolerations")
    policy = model.at("tolerationsPolicy")
    if own and policy.text() == "override":
        for each in general:
            each.dropped("the model's own tolerations replace it")
        general = []
    policy.implied("the tolerations are written out")
    return [*general, *own]


def _affinity(model: Fields) -> Any:
    affinity, terms = model.at("affinity"), model.at("nodeSelectorTerms")
    if affinity.data or not terms.data:
        terms.dropped("affinity decides") if affinity.data else terms.implied("is empty")
        return affinity if affinity.data else _empty(affinity)
    affinity.implied("is empty")
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"nodeAffinity": required}


def _empty(value: Fields) -> None:
    value.implied("is empty")


def _pull_secrets(secret: Fields) -> list[dict[str, Fields]]:
    if not secret.text():
        secret.implied("is empty")
        return []
    return [{"name": secret}]


def _scaling(conversion: Conversion, model: Fields) -> list[Fields]:
    keda, only = model.at("keda"), conversion.wishes.only
    if keda.data is None:
        return []
    if keda.get("enabled") is not True:
        keda.dropped("scaling is switched off here", "write autoscaling to scale by KEDA")
        return []
    if only and only != model.text("name"):
        return []
    keda.at("enabled").changed("autoscaling", "the section is there")
    target = {"kind": KIND, "name": model.text("name")}
    triggers = keda.at("triggers")
    # The stack's own schema has one trigger there, and its examples a list.
    listed = [triggers] if isinstance(triggers.data, dict) else triggers
    spec = overlaid(keda, {"scaleTargetRef": target, "triggers": listed})
    return [shaped(model, {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "spec": spec})]
