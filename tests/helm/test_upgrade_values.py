"""What `helm upgrade --set` can change in a rendered chart, without wingsctl."""

from __future__ import annotations

import json

import pytest

from tests.support.helm import argv, containers, pick
from tests.support.manifests import read_manifests
from tests.support.umbrella import Umbrella

BASE = ["--max-num-seqs", "32", "--trust-remote-code"]


@pytest.fixture
def upgrade(helm, reference):
    """Objects of the reference chart with further helm arguments."""
    return lambda *arguments, stdin=None: helm.template(reference, *arguments, stdin=stdin)


def own_args(objects):
    """The tokens that come from engine.args: everything after the served names."""
    tokens = argv(objects)
    start = tokens.index("--served-model-name")
    rest = tokens[start + 1 :]
    return rest[next((i for i, token in enumerate(rest) if token.startswith("--")), len(rest)) :]


def engine(objects):
    return containers(objects)["vllm-engine"]


def pod(objects):
    return pick(objects, "Deployment")["spec"]["template"]


ARGUMENTS = [
    (["--set", "engine.args.max-num-seqs=64"], ["--max-num-seqs", "64", "--trust-remote-code"]),
    (["--set", "engine.args.seed=7"], [*BASE[:2], "--seed", "7", BASE[2]]),
    (["--set", "engine.args.max-num-seqs=null"], ["--trust-remote-code"]),
    (["--set", "engine.args.trust-remote-code=false"], BASE[:2]),
    (["--set", "engine.args.no-async=true"], [*BASE[:2], "--no-async", BASE[2]]),
    (["--set", "engine.args.a={x,y}"], ["--a", "x", "y", *BASE]),
    (["--set", "engine.args.middleware={m.x,m.y}"],
     [*BASE[:2], "--middleware", "m.x", "--middleware", "m.y", BASE[2]]),
    (["--set-json", 'engine.args.a={"k":[1,{"n":null}],"b":true}'],
     ["--a", '{"b":true,"k":[1,{"n":null}]}', *BASE]),
    (["--set-json", 'engine.args={"a":[1,0.5,"x"]}'], ["--a", "1", "0.5", "x", *BASE]),
    (["--set-json", "engine.args.a=[]"], BASE),
    (["--set", r"engine.args.compilation-config\.level=3"],
     ["--compilation-config.level", "3", *BASE]),
    (["--set", r"engine.args.a\.b\.c=x\,y"], ["--a.b.c", "x,y", *BASE]),
    (["--set-string", "engine.args.a=true"], ["--a", "true", *BASE]),
    (["--set-string", "engine.args.a="], ["--a", "", *BASE]),
    (["--set", "engine.args.a.expand=$(POD_IP):$(MODEL_NAME)"],
     ["--a", "$(POD_IP):DeepSeek-R1-Distill-Qwen-1.5B", *BASE]),
    (["--set", "engine.args.a=$(MODEL_NAME)"], ["--a", "$(MODEL_NAME)", *BASE]),
    (["--set", "engine.args.a=1048576"], ["--a", "1048576", *BASE]),
    (["--set", "engine.args.a=10000000000"], ["--a", "10000000000", *BASE]),
    (["--set", "engine.args.a=0.9"], ["--a", "0.9", *BASE]),
    (["--set", "engine.args.a=1e-5"], ["--a", "1e-5", *BASE]),
    (["--set", "engine.args.a=9007199254740993"], ["--a", "9007199254740993", *BASE]),
    (["--set", "engine.args.a=-1"], ["--a", "-1", *BASE]),
    (["--set-json", "engine.args.a=1048576"], ["--a", "1048576", *BASE]),
    (["--set-json", "engine.args.a=0.9"], ["--a", "0.9", *BASE]),
    (["--set-string", "engine.args.a=01"], ["--a", "01", *BASE]),
]  # fmt: skip
"""Options of helm, and the tokens that they make."""


def test_engine_arguments(helm, reference, tmp_path):
    rows = {" ".join(options): (reference, options) for options, _ in ARGUMENTS}
    assert len(rows) == len(ARGUMENTS)
    found = Umbrella(tmp_path, rows).manifests(helm)
    tokens = {row: own_args(read_manifests("\n---\n".join(found[row]))) for row in rows}
    assert tokens == {" ".join(options): tokens for options, tokens in ARGUMENTS}


def test_numbers_of_a_values_file_print_as_written(upgrade):
    numbers = {
        "a": 1048576, "b": 10000000000, "c": 0.9, "d": -1, "e": 0, "f": 1.5, "g": 9007199254740992,
        "h": "9007199254740993", "i": 100000000000000000,
    }  # fmt: skip
    text = json.dumps({"engine": {"args": numbers}})
    tokens = own_args(upgrade("-f", "-", stdin=text))
    assert tokens == [t for k, v in numbers.items() for t in (f"--{k}", str(v))] + BASE


def test_a_tiny_float_keeps_its_value(upgrade):
    tokens = own_args(upgrade("-f", "-", stdin="engine: {args: {a: 1e-5, b: 2.5e-7}}"))
    assert [float(token) for token in (tokens[1], tokens[3])] == [1e-5, 2.5e-7]


def test_replicas(upgrade):
    assert pick(upgrade("--set", "replicas=3"), "Deployment")["spec"]["replicas"] == 3


def test_image_tag_and_digest(upgrade):
    assert engine(upgrade("--set", "engine.image.tag=v0.11.1"))["image"].endswith(":v0.11.1")
    assert engine(upgrade("--set-string", "engine.image.tag=1234"))["image"].endswith(":1234")
    digest = "sha256:" + "0a" * 32
    objects = upgrade("--set", f"engine.image.digest={digest}")
    assert engine(objects)["image"] == f"vllm/vllm-openai@{digest}"
    gateway = upgrade(
        "--set", "gateway.image.repository=r.example:5000/w", "--set", "gateway.image.tag=v1"
    )
    assert containers(gateway)["wings-infer"]["image"] == "r.example:5000/w:v1"
    assert pick(gateway, "Pod")["spec"]["containers"][0]["image"] == "r.example:5000/w:v1"


def test_model_name_path_and_length(upgrade):
    objects = upgrade(
        "--set", "model.maxLength=1048576", "--set", "model.path=/models/other",
        "--set", "model.servedName={a,b}",
    )  # fmt: skip
    tokens = argv(objects)
    assert tokens[tokens.index("--max-model-len") + 1] == "1048576"
    assert tokens[tokens.index("--model") + 1] == "/models/other"
    names = tokens.index("--served-model-name")
    assert tokens[names + 1 : names + 3] == ["a", "b"]


def test_a_length_from_a_file_prints_as_written(upgrade):
    tokens = argv(upgrade("-f", "-", stdin="model: {maxLength: 1048576}"))
    assert tokens[tokens.index("--max-model-len") + 1] == "1048576"


def test_resources(upgrade):
    objects = upgrade(
        "--set", "engine.resources.limits.memory=64Gi",
        "--set", r"engine.resources.limits.nvidia\.com/gpu=2",
        "--set", r"engine.resources.requests.nvidia\.com/gpu=2",
        "--set", "engine.resources.requests.cpu=0.5",
        "--set", "parallelism.tensor=2",
    )  # fmt: skip
    resources = engine(objects)["resources"]
    assert resources["limits"]["memory"] == "64Gi"
    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == 2
    assert str(resources["requests"]["cpu"]) == "0.5"
    tokens = argv(objects)
    assert tokens[tokens.index("--tensor-parallel-size") + 1] == "2"


def test_node_selector(upgrade):
    objects = upgrade("--set", r"pod.nodeSelector.kubernetes\.io/hostname=node-1")
    assert pod(objects)["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "node-1"}


def test_environment(upgrade):
    objects = upgrade(
        "--set", "engine.env.LITERAL=$(POD_IP) $$ $HOME",
        "--set", "engine.env.NUMBER=1048576",
        "--set", "engine.env.SWITCH=true",
        "--set", "engine.env.HERE.expand=$(POD_IP):$(LITERAL)",
        "--set", "engine.env.NODE.valueFrom.fieldRef.fieldPath=spec.nodeName",
        "--set", "engine.env.KEY.valueFrom.secretKeyRef.name=keys",
        "--set", "engine.env.KEY.valueFrom.secretKeyRef.key=api",
        "--set", "engine.env.USER=null",
        "--set", "gateway.env.WHERE=here",
    )  # fmt: skip
    entries = engine(objects)["env"]
    env = {entry["name"]: entry for entry in entries}
    assert env["LITERAL"]["value"] == "$$(POD_IP) $$$$ $$HOME"
    assert env["NUMBER"]["value"] == "1048576"
    assert env["SWITCH"]["value"] == "true"
    assert env["HERE"]["value"] == "$(POD_IP):$(LITERAL)"
    assert env["NODE"]["valueFrom"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}
    assert env["KEY"]["valueFrom"] == {"secretKeyRef": {"name": "keys", "key": "api"}}
    assert "USER" not in env
    names = [entry["name"] for entry in entries]
    assert names.index("HERE") > max(names.index("POD_IP"), names.index("LITERAL"))
    assert {"name": "WHERE", "value": "here"} in containers(objects)["wings-infer"]["env"]


def test_a_variable_can_become_another_kind(upgrade):
    objects = upgrade("--set", "engine.env.HOME=null", "--set", "engine.env.HOME2.expand=/x")
    names = [entry["name"] for entry in engine(objects)["env"]]
    assert "HOME" not in names
    assert names[-1] == "HOME2"


def test_service(upgrade):
    objects = upgrade(
        "--set", "service.type=NodePort", "--set", "service.nodePort=30080",
        "--set", "service.port=80", "--set", r"service.annotations.a\.b/c=d",
    )  # fmt: skip
    service = pick(objects, "Service")
    assert service["spec"]["type"] == "NodePort"
    assert service["spec"]["ports"] == [
        {"name": "http", "port": 80, "targetPort": "http", "nodePort": 30080}
    ]
    assert service["metadata"]["annotations"] == {"a.b/c": "d"}
    check = pick(objects, "Pod")["spec"]["containers"][0]
    assert check["env"][0]["value"] == "http://wings-infer-service:80"


def test_a_service_named_after_the_release(upgrade):
    assert pick(upgrade("--set", "service.name=null"), "Service")["metadata"]["name"] == "demo"


def test_volumes_mounts_and_pull_secrets(upgrade):
    objects = upgrade(
        "--set", "pod.volumes[0].name=data",
        "--set", "pod.volumes[0].persistentVolumeClaim.claimName=data",
        "--set", "pod.volumeMounts[0].name=data", "--set", "pod.volumeMounts[0].mountPath=/data",
        "--set", "pod.imagePullSecrets[0].name=registry",
    )  # fmt: skip
    spec = pod(objects)["spec"]
    assert spec["volumes"][-1] == {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
    assert engine(objects)["volumeMounts"][-1] == {"name": "data", "mountPath": "/data"}
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert pick(objects, "Pod")["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_large_user_ids_stay_numbers(upgrade):
    objects = upgrade("-f", "-", stdin="pod: {securityContext: {runAsUser: 1000660000}}")
    assert pod(objects)["spec"]["securityContext"]["runAsUser"] == 1000660000


def test_chat_template_from_a_file(helm, charts, tmp_path):
    text = "{{- bos }}{% if x %}$(POD_IP) $$\n'\"`{{ .Values }}\n\n  end"
    path = tmp_path / "chat.jinja"
    path.write_text(text)
    objects = helm.template(charts["chat-template"], "--set-file", f"model.chatTemplate={path}")
    assert pick(objects, "ConfigMap")["data"]["chat-template.jinja"] == text
    tokens = argv(objects)
    assert tokens[tokens.index("--chat-template") + 1] == "/wings/chat-template.jinja"


def test_labels_and_annotations(upgrade):
    objects = upgrade(
        "--set", "labels.team=nlp", "--set", "annotations.note=x", "--set", "labels.app=null"
    )
    for each in objects:
        assert each["metadata"]["labels"]["team"] == "nlp"
        assert each["metadata"]["annotations"]["note"] == "x"
        assert "app" not in each["metadata"]["labels"]
    assert pod(objects)["metadata"]["labels"]["team"] == "nlp"
    assert "team" not in pick(objects, "Deployment")["spec"]["selector"]["matchLabels"]


def test_network_policy_clients(upgrade):
    peer = {"namespaceSelector": {"matchLabels": {"team": "nlp"}}}
    objects = upgrade("--set-json", f"networkPolicy.clients={json.dumps([peer])}")
    assert pick(objects, "NetworkPolicy")["spec"]["ingress"][0]["from"][0] == peer


@pytest.mark.parametrize(
    ("key", "kind"),
    [("networkPolicy", "NetworkPolicy"), ("podDisruptionBudget", "PodDisruptionBudget")],
)
def test_switching_off(upgrade, key, kind):
    kinds = [each["kind"] for each in upgrade("--set", f"{key}.enabled=false")]
    assert kind not in kinds
    assert "Deployment" in kinds


def test_one_pod_is_replaced_and_waited_for(upgrade):
    def strategy(*arguments):
        return pick(upgrade(*arguments), "Deployment")["spec"]["strategy"]

    assert strategy() == {"type": "Recreate"}
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    assert strategy("--set", "replicas=2") == rolling
    assert strategy("--set", "rollout.maxSurge=1")["type"] == "RollingUpdate"


def test_only_a_lone_pod_answers_before_it_is_ready(upgrade):
    def published(*arguments):
        return pick(upgrade(*arguments), "Service")["spec"].get("publishNotReadyAddresses")

    assert published() is True
    assert published("--set", "replicas=2") is None
    assert published("--set", "rollout.maxSurge=1") is None


def test_rollout_and_times(upgrade):
    objects = upgrade(
        "--set", "rollout.maxSurge=1", "--set", "rollout.maxUnavailable=25%",
        "--set", "startup.loadDeadlineSeconds=1200", "--set", "shutdown.drainSeconds=300",
        "--set", "probes.readiness.periodSeconds=7",
    )  # fmt: skip
    spec = pick(objects, "Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": "25%"}
    assert spec["progressDeadlineSeconds"] == 1044 + 600
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 95 + 240
    gateway = containers(objects)["wings-infer"]
    assert {"name": "WINGS_LOAD_DEADLINE_SECONDS", "value": "1200"} in gateway["env"]
    assert {"name": "WINGS_DRAIN_SECONDS", "value": "300"} in gateway["env"]
    assert {"name": "WINGS_GRACE_SECONDS", "value": "325"} in engine(objects)["env"]
    assert gateway["readinessProbe"]["periodSeconds"] == 7


def test_times_from_a_file_are_whole_numbers(upgrade):
    text = "startup: {loadDeadlineSeconds: 604800, pullSeconds: 604800}"
    spec = pick(upgrade("-f", "-", stdin=text), "Deployment")["spec"]
    assert spec["progressDeadlineSeconds"] == 3 * 604800 + 60


def test_autoscaling_numbers(helm, charts):
    objects = helm.template(
        charts["llama-chat"], "--set", "autoscaling.max=9",
        "--set-string", "autoscaling.triggers[0].metadata.threshold=5",
        "--set", "autoscaling.triggers[0].type=prometheus",
        "--set", "autoscaling.triggers[0].metadata.serverAddress=http://p:9090",
    )  # fmt: skip
    spec = pick(objects, "ScaledObject")["spec"]
    assert spec["maxReplicaCount"] == 9
    assert spec["triggers"][0]["metadata"]["threshold"] == "5"


def test_the_cache_of_a_hub(helm, charts):
    objects = helm.template(
        charts["chat"], "--set", "model.source.huggingface.cache.ephemeral.sizeLimit=99Gi"
    )
    volumes = {volume["name"]: volume for volume in pod(objects)["spec"]["volumes"]}
    assert volumes["model-cache"] == {"name": "model-cache", "emptyDir": {"sizeLimit": "99Gi"}}
