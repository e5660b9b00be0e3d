"""The shipped examples beside the reference: AWQ with KEDA, and the groups of two nodes."""

from __future__ import annotations

import pytest

from tests.support.helm import argv, containers, pick
from tests.support.profiles import EXAMPLES, LEADER_WORKER_EXAMPLES


def keys_of(node):
    """Every key of nested data."""
    if isinstance(node, dict):
        yield from node
        for value in node.values():
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


@pytest.fixture
def awq(helm, charts):
    return helm.template(charts["llama-chat"])


def test_awq_has_one_scaled_object_on_its_deployment(awq):
    scaled = pick(awq, "ScaledObject")["spec"]
    assert scaled["scaleTargetRef"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": pick(awq, "Deployment")["metadata"]["name"],
        "envSourceContainerName": "wings-infer",
    }
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (1, 5)
    (trigger,) = scaled["triggers"]
    query = trigger["metadata"].pop("query")
    assert trigger == {
        "type": "prometheus",
        "metadata": {"serverAddress": "http://prometheus:9090", "threshold": "10"},
    }
    ours = '{namespace="llm",pod=~"demo-[a-z0-9]+-[a-z0-9]{5}"}'
    assert query == (
        f"(sum(vllm:num_requests_waiting{ours}) or vector(0))"
        f" + (sum(vllm:num_requests_running{ours}) or vector(0))"
    )


def test_nothing_of_awq_has_replicas_beside_the_autoscaler(awq, charts):
    assert "replicas" not in set(keys_of(awq))
    assert "replicas:" not in (charts["llama-chat"] / "values.yaml").read_text()


def test_awq_cooldown_is_at_least_a_cold_start(rendered):
    chart = next(each for each in rendered if each.name == "llama-chat")
    cooldown = pick(chart.objects, "ScaledObject")["spec"]["cooldownPeriod"]
    assert cooldown >= chart.plan.time.cold_start


def test_awq_downloads_into_its_own_claim(awq):
    claim = pick(awq, "PersistentVolumeClaim")
    assert claim["spec"] == {
        "accessModes": ["ReadWriteMany"],
        "storageClassName": "fast-ssd",
        "resources": {"requests": {"storage": "20Gi"}},
    }
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    volumes = pick(awq, "Deployment")["spec"]["template"]["spec"]["volumes"]
    cache = next(each for each in volumes if each["name"] == "model-cache")
    assert cache["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    mounts = containers(awq)["vllm-engine"]["volumeMounts"]
    assert {"name": "model-cache", "mountPath": "/model-cache"} in mounts


def test_awq_gets_its_token_from_the_secret(awq):
    env = {each["name"]: each for each in containers(awq)["vllm-engine"]["env"]}
    assert env["HF_TOKEN"]["valueFrom"] == {"secretKeyRef": {"name": "hf-token", "key": "token"}}
    assert env["HF_HOME"]["value"] == "/model-cache"
    assert "HF_HUB_OFFLINE" not in env
    assert "HF_TOKEN" not in {each["name"] for each in containers(awq)["wings-infer"]["env"]}


def test_awq_command(awq):
    tokens = argv(awq)
    assert tokens[:3] == ["vllm", "serve", "TheBloke/Llama-2-7B-Chat-AWQ"]
    assert tokens[tokens.index("--quantization") + 1] == "awq"
    assert tokens[tokens.index("--tensor-parallel-size") + 1] == "2"
    assert tokens[-2:] == ["--gpu-memory-utilization", "0.9"]


def test_modelscope_gets_its_switch_token_and_cache(helm, charts):
    env = {
        each["name"]: each
        for each in containers(helm.template(charts["modelscope"]))["vllm-engine"]["env"]
    }
    assert env["VLLM_USE_MODELSCOPE"]["value"] == "True"
    assert env["MODELSCOPE_CACHE"]["value"] == "/model-cache"
    assert env["MODELSCOPE_API_TOKEN"]["valueFrom"]["secretKeyRef"]["name"] == "ms"
    assert "HF_HUB_OFFLINE" not in env


@pytest.mark.parametrize("name", ["wings-infer", "claim", "new-claim", "image"])
def test_without_a_hub_the_engine_is_offline(helm, charts, name):
    env = containers(helm.template(charts[name]))["vllm-engine"]["env"]
    assert {"name": "HF_HUB_OFFLINE", "value": "1"} in env


def test_a_hub_without_token_names_no_secret(helm, charts):
    env = containers(helm.template(charts["chat"]))["vllm-engine"]["env"]
    assert {"name": "HF_HOME", "value": "/model-cache"} in env
    assert not [each for each in env if "secretKeyRef" in str(each)]


@pytest.mark.parametrize("name", LEADER_WORKER_EXAMPLES)
def test_two_nodes_validate_and_plan(wingsctl, name):
    profile = EXAMPLES / f"{name}.wings.yaml"
    assert wingsctl("validate", profile).code == 0
    assert wingsctl("plan", profile).code == 0
