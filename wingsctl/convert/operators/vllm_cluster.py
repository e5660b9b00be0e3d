"""VLLMCluster of training.distributed-inference.io -> a Deployment, and a ScaledObject."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import flag, shaped

KIND = "VLLMCluster"
_FLAGS = (
    (("model", "maxModelLength"), "--max-model-len"),
    (("model", "quantizationMethod"), "--quantization"),
    (("model", "revision"), "--revision"),
    (("model", "servedModelName"), "--served-model-name"),
    (("model", "dtype"), "--dtype"),
    (("vllm", "tensorParallelSize"), "--tensor-parallel-size"),
    (("vllm", "pipelineParallelSize"), "--pipeline-parallel-size"),
    (("vllm", "gpuMemoryUtilization"), "--gpu-memory-utilization"),
    (("vllm", "maxNumSeqs"), "--max-num-seqs"),
    (("vllm", "servePort"), "--port"),
)
"""Fields of the operator's own guide, and those that vLLM has under the same name."""
_POD = ("nodeSelector", "tolerations", "affinity")


def translate_cluster(conversion: Conversion, fields: Fields) -> list[Fields]:
    """The cluster's pods, and its scaling where that is switched on."""
    del conversion
    spec = fields.at("spec")
    if spec.number("vllm", "servePort") is not None:
        spec.at("port").implied("vllm.servePort decides")
    pods = shaped(
        fields,
        {
            "apiVersion": fields.at("apiVersion"),
            "kind": fields.at("kind"),
            "metadata": fields.at("metadata"),
            "spec": {
                "replicas": spec.at("replicas"),
                "template": {"spec": _pod(spec)},
            },
            "status": fields.at("status"),
        },
    )
    return [pods, *_scaling(fields, spec.at("autoScaling"))]


def _pod(spec: Fields) -> dict[str, object]:
    resources = spec.at("resources")
    settings = {key: resources.at(key) for key in _POD}
    return {**settings, "containers": [_container(spec)]}


def _container(spec: Fields) -> dict[str, object]:
    words: list[object] = ["vllm", "serve", spec.at("model", "modelPath")]
    for path, name in _FLAGS:
        words += flag(name, spec.at(*path))
    if spec.get("vllm", "servePort") is None:
        words += flag("--port", spec.at("port"))
    return {
        "name": "vllm",
        "image": spec.at("image"),
        "command": [*words, *spec.items("vllm", "args"), *spec.items("vllm", "extraArgs")],
        "env": spec.at("vllm", "env"),
        "resources": spec.at("resources", "resources"),
    }


def _scaling(fields: Fields, scaling: Fields) -> list[Fields]:
    if scaling.data is None:
        return []
    if scaling.get("enabled") is not True:
        scaling.dropped("scaling is switched off here", "write autoscaling to scale by KEDA")
        return []
    scaling.at("enabled").changed("autoscaling", "the section is there")
    fewest, most = scaling.at("minReplicas"), scaling.at("maxReplicas")
    target = {"kind": KIND, "name": fields.text("metadata", "name")}
    return [
        shaped(
            fields,
            {
                "apiVersion": "keda.sh/v1alpha1",
                "kind": "ScaledObject",
                "spec": {
                    "scaleTargetRef": target,
                    "minReplicaCount": 1 if fewest.data is None else fewest,
                    "maxReplicaCount": most,
                    "triggers": scaling.at("triggers"),
                },
            },
        )
    ]
