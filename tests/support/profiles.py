"""Profiles that between them use every part of a chart."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
REFERENCE = "deepseek-r1-distill-qwen-1.5b-t4"
SIDECAR_EXAMPLES = (
    REFERENCE,
    "deepseek-r1-distill-qwen-1.5b-t4-sglang",
    "llama-2-7b-awq-2x-a10g",
    "minimal",
    "qwen2.5-7b-to-zero",
    "qwen3-0.6b-cpu",
)
LEADER_WORKER_EXAMPLES = (
    "deepseek-r1-2x8-h200-roce",
    "llama-3.2-1b-sglang-2-nodes-macvlan",
    "qwen2.5-72b-2x4-h100-queue",
)
GROUP_NAMES = ("deepseek-fixed", "llama-small")
CLUSTER = ROOT / "tests" / "cluster"
CLUSTER_CATALOG = CLUSTER / "catalog"
CLUSTER_PROFILES = sorted((CLUSTER / "profiles").glob("*.wings.yaml"))
LONGEST_NAME = "a-name-that-uses-all-of-its-forty-letter"
LONGEST_RELEASE = "a-release-whose-name-uses-all-fifty-three-characters0"


def make_profile(name: str = "demo", **changes: Any) -> dict[str, Any]:
    """The smallest profile of a small model, with changes."""
    profile = {
        "wingsctl": "v1",
        "name": name,
        "model": {"name": "qwen2.5-0.5b-instruct"},
        "engine": {"name": "vllm", "version": "0.11.0"},
        "accelerator": {"name": "nvidia-l4"},
    }
    return {**profile, **changes}


def from_source(**source: Any) -> dict[str, Any]:
    """A model section with that source."""
    return {"name": "qwen2.5-0.5b-instruct", "source": source}


def write_profile(directory: Path, profile: dict[str, Any], **files: str) -> Path:
    """The profile on disk (JSON is YAML), and the files it names beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (directory / name).write_text(text, encoding="utf-8", newline="")
    path = directory / f"{profile['name']}.wings.yaml"
    path.write_text(as_yaml(profile), encoding="utf-8")
    return path


def as_yaml(data: Any) -> str:
    """`data` as JSON that is YAML too: YAML does not join JSON's surrogate pairs."""

    def joined(pair: re.Match[str]) -> str:
        return f"\\U{ord(json.loads(chr(34) + pair[0] + chr(34))):08x}"

    return re.sub(r"\\ud[89ab]..\\ud[c-f]..", joined, json.dumps(data))


def autoscaling(*triggers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """From one to four pods by these triggers."""
    return {"min": 1, "max": 4, "triggers": list(triggers), **more}


def with_volume(**source: Any) -> dict[str, Any]:
    """A pod section with one more volume in the engine's container."""
    return {
        "volumes": [{"name": "n", **source}],
        "volumeMounts": [{"name": "n", "mountPath": "/n"}],
    }


CPU = {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "60"}}
CRON = {
    "type": "cron",
    "metadata": {
        "timezone": "Asia/Shanghai", "start": "0 8 * * *", "end": "0 20 * * *",
        "desiredReplicas": "3",
    },
}  # fmt: skip
PROMETHEUS = {
    "type": "prometheus",
    "name": "gpu",
    "metadata": {
        "serverAddress": "https://prometheus:9090", "threshold": "70",
        "query": 'avg(DCGM_FI_DEV_GPU_UTIL{pod=~"{{ .Release.Name }}-.*"})',
        "authModes": "bearer",
    },
    "authenticationRef": {"name": "prometheus", "kind": "ClusterTriggerAuthentication"},
}  # fmt: skip
REDIS = {
    "type": "redis",
    "metadata": {"address": "redis:6379", "listName": "jobs", "listLength": "5"},
}
HTTP = {"type": "http", "metadata": {"targetValue": "16", "hosts": "chat.example, b.example"}}


def with_secret(trigger: dict[str, Any], parameter: str) -> dict[str, Any]:
    """A trigger with one parameter from a Secret."""
    reference = {"parameter": parameter, "name": "trigger-secret", "key": "a"}
    return {**trigger, "authentication": {"secretTargetRef": [reference]}}


EVERYTHING_OF_A_POD: dict[str, Any] = {
    "nodeSelector": {"disk": "nvme", "node.kubernetes.io/pool": "gpu"},
    "tolerations": [
        {"key": "dedicated", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}
    ],
    "affinity": {
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 1,
                    "podAffinityTerm": {
                        "topologyKey": "kubernetes.io/hostname",
                        "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "engine"}},
                    },
                }
            ]
        }
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"team": "nlp"}},
        }
    ],
    "priorityClassName": "serving",
    "schedulerName": "default-scheduler",
    "runtimeClassName": "nvidia",
    "imagePullSecrets": [{"name": "registry"}, {"name": "mirror"}],
    "serviceAccountName": "serving",
    "annotations": {"sidecar.istio.io/inject": "false", "note": "50% off: {{ yes }}"},
    "labels": {"team": "nlp", "tier": "gold"},
    "volumes": [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "keys", "secret": {"secretName": "keys"}},
    ],
    "volumeMounts": [
        {"name": "data", "mountPath": "/data"},
        {"name": "settings", "mountPath": "/etc/settings", "readOnly": True},
        {"name": "keys", "mountPath": "/etc/keys", "readOnly": True},
    ],
    "env": {"TZ": "Asia/Shanghai", "NO": "no", "NODE": {
        "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}},
}  # fmt: skip

GENERATED: tuple[dict[str, Any], ...] = (
    make_profile("host-path", model=from_source(hostPath={"path": "/mnt/models"})),
    make_profile("claim", model=from_source(pvc={"claimName": "1e5"}, directory="qwen/0.5b")),
    make_profile(
        "new-claim",
        model=from_source(pvc={"create": {"size": "50Gi", "storageClassName": "fast"}}),
        replicas=1,
    ),
    make_profile(
        "hub-ephemeral",
        model=from_source(huggingface={"cache": {"ephemeral": {"sizeLimit": "9Gi"}}}),
    ),
    make_profile(
        "hub-claim", model=from_source(huggingface={"cache": {"pvc": {"claimName": "hub"}}})
    ),
    make_profile(
        "hub-new-claim",
        model=from_source(
            huggingface={
                "repo": "Qwen/Qwen2.5-0.5B-Instruct",
                "revision": "main",
                "tokenSecret": {"name": "hf-token", "key": "token"},
                "cache": {"pvc": {"create": {"size": "20Gi", "accessModes": ["ReadWriteMany"]}}},
            }
        ),
        replicas=2,
    ),
    make_profile("modelscope", model=from_source(modelscope={"tokenSecret": {"name": "ms"}})),
    make_profile(
        "modelscope-claim", model=from_source(modelscope={"cache": {"pvc": {"claimName": "ms"}}})
    ),
    make_profile(
        "image",
        model=from_source(image={"reference": "registry.example/qwen:1"}, directory="weights"),
    ),
    make_profile(
        "gateway-secrets",
        gateway={
            "auth": {"secret": {"name": "keys", "key": "api-keys"}},
            "tls": {"secretName": "certificate"},
            "cors": {"origins": ["https://chat.example"]},
            "log": "text",
            "limits": {"maxInFlight": 64, "maxWaiting": 0},
        },
    ),
    make_profile(
        "ingress",
        ingress={
            "ingressClassName": "nginx", "host": "chat.example.org", "tls": {"secretName": "chat"},
            "annotations": {"nginx.ingress.kubernetes.io/proxy-buffering": "off"},
        },
        service={"name": "chat-api", "port": 80},
    ),
    make_profile(
        "http-route",
        httpRoute={
            "parentRefs": [{"name": "gateway", "namespace": "infra", "sectionName": "https"}],
            "hostnames": ["chat.example.org"],
        },
    ),
    make_profile(
        "monitoring",
        monitoring={"enabled": True, "intervalSeconds": 30, "labels": {"release": "prometheus"}},
        annotations={"example.org/owner": "nlp: {{ team }}"},
    ),
    make_profile("scaled-cpu", autoscaling=autoscaling(CPU)),
    make_profile("scaled-cron", autoscaling=autoscaling(CRON, min=0)),
    make_profile(
        "scaled-prometheus",
        autoscaling=autoscaling(
            PROMETHEUS,
            CPU,
            fallback={"failureThreshold": 3, "replicas": 2},
            behavior={"scaleDown": {"stabilizationWindowSeconds": 600}},
            cooldownSeconds=1800,
        ),
    ),
    make_profile(
        "scaled-queue",
        autoscaling=autoscaling(
            with_secret(REDIS, "password"), CRON,
            min=0,
            initialCooldownSeconds=60,
            fallback={"failureThreshold": 3, "replicas": 1, "behavior": "currentReplicasIfHigher"},
            annotations={"autoscaling.keda.sh/paused-scale-in": "true"},
        ),
    ),
    make_profile(
        "scaled-closed", autoscaling=autoscaling(REDIS, min=0), frontDoor={"enabled": False}
    ),
    make_profile(
        "scaled-formula",
        autoscaling=autoscaling(
            {**REDIS, "name": "waiting"},
            {"type": "nats-jetstream", "name": "lag", "unchecked": True, "metadata": {"any": "$G"}},
            scalingModifiers={"formula": "waiting + lag", "target": "4", "activationTarget": "1"},
        ),
    ),
    make_profile("scaled-http", autoscaling=autoscaling(HTTP, min=0), service={"name": "chat-api"}),
    make_profile(
        "scaled-presets",
        autoscaling=autoscaling(
            *(
                {"type": "prometheus", "preset": preset, "metadata": {
                    "serverAddress": "http://p:9090", "threshold": "1.5"}}
                for preset in ("demand", "queue-length", "ttft-p95", "gpu-utilisation")
            )
        ),
    ),
    make_profile(
        "front-door",
        model={"name": "qwen2.5-0.5b-instruct", "servedName": ["qwen", "costs-$5"]},
        gateway={
            "auth": {"secret": {"name": "keys", "key": "api-keys"}},
            "tls": {"secretName": "certificate"},
            "limits": {"maxInFlight": 64, "maxWaiting": 0, "maxWaitSeconds": 5},
            "env": {"SHARED": "pods", "LEVEL": 3},
        },
        autoscaling={"min": 0, "max": 3, "behavior": {"scaleDown": {
            "stabilizationWindowSeconds": 600}}},
        frontDoor={
            "replicas": 3, "holdSeconds": 1800, "maxWaiting": 1000000, "drainSeconds": 120,
            "resources": {"limits": {"memory": "2Gi"}}, "env": {"SHARED": "door"},
            "pod": {"nodeSelector": {"pool": "cpu"}, "annotations": {"note": "{{ a }}"}},
        },
        monitoring={"enabled": True},
    ),
    make_profile(
        "front-door-fixed", frontDoor=True, service={"name": "chat-api", "port": 80},
        ingress={"host": "chat.example.org"},
    ),
    make_profile(
        "front-door-open",
        autoscaling=autoscaling({
            "type": "metrics-api", "preset": "front-door", "metadata": {"targetValue": "4"},
        }),
        networkPolicy={
            "clients": [{"podSelector": {"matchLabels": {"app": "chat"}}}],
            "scalers": [{"namespaceSelector": {"matchLabels": {"team": "scaling"}}}],
        },
    ),
    make_profile("fabric-ethernet", fabric={"name": "ethernet"}),
    make_profile("fabric-rdma", fabric={"name": "infiniband"}),
    make_profile(
        "fabric-host", fabric={"hostNetwork": True, "env": {"NCCL_SOCKET_IFNAME": "eth0"}}
    ),
    make_profile("fabric-macvlan", fabric={"networks": ["macvlan-conf1", "rdma/second@net2"]}),
    make_profile(
        "strict",
        accelerator={"name": "nvidia-l4", "count": 2, "strict": True},
        parallelism={"tensor": 2},
    ),
    make_profile(
        "mig", accelerator={"name": "nvidia-a100-40gb", "resource": "nvidia.com/mig-2g.10gb"}
    ),
    make_profile("cpu-only", accelerator={"name": "none"}, engine={"name": "vllm"}),
    make_profile("amd", accelerator={"name": "amd-mi300x"}, engine={"name": "vllm"}),
    make_profile("gaudi", accelerator={"name": "intel-gaudi-3"}, engine={"name": "vllm"}),
    make_profile("ascend", accelerator={"name": "huawei-ascend-910b"}, engine={"name": "vllm"}),
    make_profile(
        "chat-template",
        model={
            "name": "qwen2.5-0.5b-instruct",
            "chatTemplate": {
                "inline": "{% for m in messages %}{{ m.content }}$(POD_IP)\n{% endfor %}"
            },
        },
    ),
    make_profile("pod-extras", pod=EVERYTHING_OF_A_POD),
    make_profile(
        LONGEST_NAME,
        model=from_source(pvc={"create": {"size": "50Gi"}}),
        labels={"app": "x" * 63},
        chart={"version": "1.22.333-rc.4444444444444444444.5+build.6"},
    ),
    make_profile("sglang", engine={"name": "sglang"}, accelerator={"name": "nvidia-h100"}),
    make_profile(
        "three-replicas",
        replicas=3,
        rollout={"maxSurge": 1, "maxUnavailable": "25%"},
        podDisruptionBudget={"maxUnavailable": "50%"},
        networkPolicy={"clients": [{"namespaceSelector": {"matchLabels": {"team": "nlp"}}}]},
        service={"type": "NodePort", "nodePort": 30900, "annotations": {"lb": "none"}},
    ),
    make_profile(
        "switched-off", networkPolicy={"enabled": False}, podDisruptionBudget={"enabled": False}
    ),
    make_profile("root", pod={"securityContext": {"runAsNonRoot": False, "runAsUser": 0}}),
    make_profile("volume-nfs", pod=with_volume(nfs={"server": "n", "path": "/"})),
    make_profile("volume-host", pod=with_volume(hostPath={"path": "/n"})),
    *(
        make_profile(f"security-{number}", pod={"securityContext": security})
        for number, security in enumerate(
            [
                {"seccompProfile": {"type": "Unconfined"}},
                {"seccompProfile": None},
                {"appArmorProfile": {"type": "Unconfined"}},
                {"seLinuxOptions": {"level": "s0:c1,c2"}},
                {"seLinuxOptions": {"type": "spc_t"}},
                {"seLinuxOptions": {"role": "r"}},
                {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "4096 8192 16384"}]},
                {"sysctls": [{"name": "kernel.msgmax", "value": "65536"}]},
                {"runAsUser": 1000660000, "runAsGroup": 0, "fsGroup": 1000660000},
            ]
        )
    ),
    make_profile(
        "null",
        engine={"name": "vllm", "version": "0.11.0", "env": {"ON": "on", "y": "yes", "null": "~"}},
        pod={"hostNetwork": True},
    ),
)  # fmt: skip


GROUPS: tuple[dict[str, Any], ...] = (
    make_profile("group", engine={"name": "vllm"}, nodes=2, fabric={"name": "ethernet"}),
    make_profile(
        "group-roles",
        engine={"name": "vllm", "args": {"max-num-seqs": 32, "seed": 1}},
        nodes=2,
        replicas=2,
        roles={
            "leader": {"engine": {"args": {"max-num-seqs": False}, "env": {"A": "$(B) {{ c }}"}}},
            "worker": {"engine": {"args": {"seed": 2}}},
        },
        fabric={"name": "ethernet"},
    ),
    make_profile(
        "group-split",
        engine={"name": "sglang"},
        nodes=3,
        replicas=2,
        roles={
            "leader": {
                "engine": {
                    "resources": {"requests": {"memory": "40Gi"}, "limits": {"memory": "80Gi"}},
                    "env": {"ROLE": "first", "NODE": {"valueFrom": {
                        "fieldRef": {"fieldPath": "spec.nodeName"}}}},
                },
                "pod": {"nodeSelector": {"disk": "nvme"}, "tolerations": [{"key": "lead"}]},
            },
            "worker": {"pod": {"labels": {"tier": "worker"}, "priorityClassName": "bulk"}},
        },
        fabric={"name": "roce-sriov"},
    ),
    make_profile(
        "group-kueue", engine={"name": "sglang"}, nodes=2, replicas=2,
        scheduling={"queue": {"kind": "kueue", "name": "team-a"}}, fabric={"name": "ethernet"},
    ),
    make_profile(
        "group-volcano", engine={"name": "vllm"}, nodes=4,
        scheduling={
            "queue": {"kind": "volcano", "name": "gpu"}, "strict": True,
            "topologyKey": "topology.example/rack",
        },
        pod={"priorityClassName": "serving"}, fabric={"name": "infiniband"},
    ),
    make_profile(
        "group-host", engine={"name": "vllm"}, nodes=2, replicas=3,
        parallelism={"tensor": 1, "pipeline": 1, "data": 2}, fabric={"name": "roce-shared-device"},
    ),
    make_profile(
        "group-data", engine={"name": "vllm"}, nodes=2, model={"name": "qwen1.5-moe-a2.7b"},
        accelerator={"name": "nvidia-l4", "count": 2},
        parallelism={"tensor": 1, "data": 4, "expert": 4}, fabric={"name": "ethernet"},
    ),
    make_profile("group-cpu", accelerator={"name": "none"}, engine={"name": "vllm"}, nodes=2),
    make_profile(
        "group-extras", engine={"name": "vllm"}, nodes=2, pod=EVERYTHING_OF_A_POD,
        gateway={"auth": {"secret": {"name": "keys", "key": "api-keys"}},
                 "tls": {"secretName": "certificate"}},
        monitoring={"enabled": True}, rollout={"upTo": 0}, replicas=2,
        fabric={"name": "ethernet"},
    ),
    make_profile(
        "group-scaled", engine={"name": "vllm"}, nodes=2, fabric={"name": "ethernet"},
        autoscaling=autoscaling(
            with_secret(REDIS, "password"),
            {"type": "prometheus", "metadata": {
                "serverAddress": "http://p:9090", "threshold": "0.1"}},
            {**CRON, "metadata": {**CRON["metadata"], "desiredReplicas": "2"}},
            fallback={"failureThreshold": 3, "replicas": 2},
        ),
    ),
    make_profile(
        "group-scaled-roles", engine={"name": "sglang"}, nodes=3, fabric={"name": "ethernet"},
        roles={"worker": {"pod": {"nodeSelector": {"a": "b"}}}},
        autoscaling=autoscaling(
            {**REDIS, "name": "waiting"}, {**REDIS, "name": "taken"}, min=0, max=2,
            scalingModifiers={"formula": "waiting + taken", "target": "2.5"},
            annotations={"example.org/owner": "nlp"},
        ),
        scheduling={"queue": {"kind": "volcano", "name": "gpu"}},
    ),
    make_profile(
        "group-scaled-http", engine={"name": "vllm"}, nodes=2, fabric={"name": "ethernet"},
        autoscaling=autoscaling(
            {**HTTP, "metadata": {**HTTP["metadata"], "metric": "requestRate"}}, min=0, max=3
        ),
    ),
    make_profile(
        "group-door", engine={"name": "vllm"}, nodes=2, frontDoor=True, fabric={"name": "ethernet"},
        roles={"worker": {"pod": {"nodeSelector": {"a": "b"}}}}, replicas=2,
    ),
    make_profile(
        "group-host-door", engine={"name": "vllm"}, nodes=2, autoscaling={"min": 0, "max": 1},
        fabric={"name": "roce-shared-device"},
    ),
    make_profile(
        "group-" + LONGEST_NAME[6:], engine={"name": "vllm"}, nodes=2, replicas=2,
        model=from_source(pvc={"create": {"size": "50Gi", "accessModes": ["ReadWriteMany"]}}),
        roles={"worker": {"pod": {"nodeSelector": {"a": "b"}}}}, fabric={"name": "ethernet"},
        networkPolicy={"enabled": False}, podDisruptionBudget={"enabled": False},
    ),
)  # fmt: skip


def example_text(name: str) -> str:
    """The text of a shipped example."""
    return (EXAMPLES / f"{name}.wings.yaml").read_text(encoding="utf-8")


def fixed_text() -> str:
    """The first example of groups with a number of them instead of autoscaling."""
    text = example_text(LEADER_WORKER_EXAMPLES[0])
    text, count = re.subn(r"(?m)^autoscaling: \{.*$", "replicas: 3", text)
    assert count == 1
    return text.replace("name: deepseek-r1\n", "name: deepseek-fixed\n")
