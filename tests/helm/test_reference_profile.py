"""The reference profile: the documented pod, command, Service and variables."""

from __future__ import annotations

import pytest

from tests.support.helm import argv, containers, pick

DOCUMENTED = {
    "ENGINE_TYPE": "vllm",
    "ENGINE_PORT": "8000",
    "WINGS_PORT": "9000",
    "MODEL_NAME": "DeepSeek-R1-Distill-Qwen-1.5B",
    "MODEL_PATH": "/models/DeepSeek-R1-Distill-Qwen-1.5B",
    "TP_SIZE": "1",
    "MAX_MODEL_LEN": "8192",
}
COMMAND = (
    "python3 -m vllm.entrypoints.openai.api_server --model /models/DeepSeek-R1-Distill-Qwen-1.5B"
    " --host 127.0.0.1 --port 8000 --tensor-parallel-size 1 --max-model-len 8192"
    " --served-model-name DeepSeek-R1-Distill-Qwen-1.5B /models/DeepSeek-R1-Distill-Qwen-1.5B"
    " --max-num-seqs 32 --trust-remote-code"
)
SGLANG_COMMAND = (
    "python3 -m sglang.launch_server --model-path /models/DeepSeek-R1-Distill-Qwen-1.5B"
    " --host 127.0.0.1 --port 8000 --tp-size 1 --context-length 8192 --enable-metrics"
    " --served-model-name DeepSeek-R1-Distill-Qwen-1.5B"
    " --max-running-requests 32 --trust-remote-code"
)


@pytest.fixture
def objects(helm, reference):
    return helm.template(reference, release="wings-infer")


@pytest.fixture
def pod(objects):
    return pick(objects, "Deployment")["spec"]["template"]


def test_starts_the_documented_command(objects):
    assert argv(objects) == COMMAND.split()


def test_every_documented_token_is_there(objects):
    verified = (
        "python3 -m vllm.entrypoints.openai.api_server --model"
        " /models/DeepSeek-R1-Distill-Qwen-1.5B --host 127.0.0.1 --port 8000"
        " --tensor-parallel-size 1 --max-model-len 8192 --trust-remote-code --max-num-seqs 32"
    )
    named = ["--served-model-name", DOCUMENTED["MODEL_NAME"], DOCUMENTED["MODEL_PATH"]]
    assert sorted(argv(objects)) == sorted([*verified.split(), *named])


def test_newer_vllm_starts_with_vllm_serve(wingsctl, helm, examples, tmp_path):
    profile = examples / "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
    profile.write_text(profile.read_text().replace("version: 0.11.0", "version: 0.11.2"))
    assert wingsctl("render", profile, "--output-dir", tmp_path).code == 0
    tokens = argv(helm.template(tmp_path / "wings-infer"))
    assert tokens[:3] == ["vllm", "serve", DOCUMENTED["MODEL_PATH"]]
    assert tokens[3:] == COMMAND.split()[5:]
    plan = wingsctl("plan", profile, "--all").stdout
    assert "the form from 0.11.1" in plan


def test_sglang_starts_its_own_command_on_loopback(helm, charts):
    objects = helm.template(charts["wings-infer-sglang"])
    assert argv(objects) == SGLANG_COMMAND.split()
    assert list(containers(objects)) == ["wings-infer", "sglang-engine"]


def test_containers_and_ports(objects):
    ports = {
        name: {port["name"]: port["containerPort"] for port in container["ports"]}
        for name, container in containers(objects).items()
    }
    assert ports == {
        "wings-infer": {"http": 9000, "cluster": 9001},
        "vllm-engine": {"engine": 8000},
    }


def test_images(objects):
    images = {name: each["image"] for name, each in containers(objects).items()}
    assert images == {"wings-infer": "wings-infer:0.1.0", "vllm-engine": "vllm/vllm-openai:v0.11.0"}


def test_volumes_and_mounts(objects, pod):
    volumes = {volume.pop("name"): volume for volume in pod["spec"]["volumes"]}
    assert volumes == {
        "shared-volume": {"emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
        "wings-files": {"configMap": {"name": "wings-infer-files"}},
        "shm": {"emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}},
        "home": {"emptyDir": {}},
        "tmp": {"emptyDir": {}},
        "model": {"hostPath": {"path": "/mnt/models", "type": "Directory"}},
    }
    mounts = {
        name: {mount["mountPath"]: mount.get("readOnly", False) for mount in each["volumeMounts"]}
        for name, each in containers(objects).items()
    }
    assert mounts == {
        "wings-infer": {"/shared-volume": False},
        "vllm-engine": {
            "/shared-volume": False,
            "/wings": True,
            "/dev/shm": False,
            "/home/wings": False,
            "/tmp": False,
            "/models": True,
        },
    }


def test_resources(objects):
    resources = {name: each["resources"] for name, each in containers(objects).items()}
    assert resources == {
        "wings-infer": {
            "requests": {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "64Mi"},
            "limits": {"cpu": "2", "memory": "4Gi", "ephemeral-storage": "256Mi"},
        },
        "vllm-engine": {
            "requests": {
                "cpu": "2", "memory": "8Gi", "ephemeral-storage": "4Gi", "nvidia.com/gpu": 1,
            },
            "limits": {
                "cpu": "8", "memory": "32Gi", "ephemeral-storage": "8Gi", "nvidia.com/gpu": 1,
            },
        },
    }  # fmt: skip


def test_probes(objects):
    gateway = containers(objects)["wings-infer"]
    assert gateway["readinessProbe"]["httpGet"] == {
        "path": "/health",
        "port": "http",
        "scheme": "HTTP",
    }
    assert gateway["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "cluster"}
    assert "readinessProbe" not in containers(objects)["vllm-engine"]


def test_the_service_has_the_client_port_alone(objects):
    service = pick(objects, "Service")
    assert service["metadata"]["name"] == "wings-infer-service"
    assert service["spec"]["type"] == "LoadBalancer"
    assert service["spec"]["ports"] == [{"name": "http", "port": 9000, "targetPort": "http"}]


def test_pods_carry_the_documented_label(pod):
    assert pod["metadata"]["labels"]["app"] == "wings-infer"


def test_the_documented_variables(objects):
    env = containers(objects)["wings-infer"]["env"]
    values = {each["name"]: each["value"] for each in env if each["name"] in DOCUMENTED}
    assert values == DOCUMENTED
    assert [each["name"] for each in env][:7] == list(DOCUMENTED)


@pytest.mark.parametrize(
    ("name", "value", "flag"),
    [
        ("MODEL_NAME", "other", "--served-model-name"),
        ("MODEL_PATH", "/models/other", "--model"),
        ("MAX_MODEL_LEN", "2048", "--max-model-len"),
    ],
)
def test_kubectl_set_env_reaches_the_command(objects, name, value, flag):
    env = containers(objects)["wings-infer"]["env"]
    next(each for each in env if each["name"] == name)["value"] = value
    tokens = argv(objects)
    assert tokens[tokens.index(flag) + 1] == value
    assert len(tokens) == len(COMMAND.split())


def test_helm_test_pod_asks_through_the_service(objects):
    pod = pick(objects, "Pod")
    assert pod["metadata"]["name"] == "wings-infer-test"
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["spec"]["restartPolicy"] == "Never"
    (check,) = pod["spec"]["containers"]
    assert check["command"] == ["python3", "-m", "wings_infer.check"]
    assert check["image"] == containers(objects)["wings-infer"]["image"]
    assert {each["name"]: each["value"] for each in check["env"]} == {
        "BASE_URL": "http://wings-infer-service:9000",
        "MODEL_NAME": DOCUMENTED["MODEL_NAME"],
    }


def test_helm_test_pod_is_selected_by_nothing(objects):
    labels = pick(objects, "Pod")["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        wanted = pick(objects, kind)["spec"]["selector"]["matchLabels"]
        assert not wanted.items() <= labels.items()
    assert not pick(objects, "Service")["spec"]["selector"].items() <= labels.items()


def test_helm_test_pod_may_pass_a_closed_network_policy(helm, reference):
    setting = "networkPolicy.clients[0].podSelector.matchLabels.role=client"
    objects = helm.template(reference, "--set", setting)
    peers = pick(objects, "NetworkPolicy")["spec"]["ingress"][0]["from"]
    labels = pick(objects, "Pod")["metadata"]["labels"]
    assert peers[0] == {"podSelector": {"matchLabels": {"role": "client"}}}
    assert peers[1]["podSelector"]["matchLabels"].items() <= labels.items()
