"""values.schema.json gives one verdict on both helms, and names the key that is wrong."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.helm.refusals import blamed, unblamed
from tests.support.umbrella import Umbrella

GOOD = {
    "nothing": {},
    "replicas 0": {"replicas": 0},
    "many replicas": {"replicas": 100},
    "a global": {"global": {"anything": 1}},
    "one name": {"model": {"servedName": ["x"]}},
    "a name with spaces": {"model": {"servedName": ["名 前", "{{ x }}"]}},
    "longest request": {"model": {"maxLength": 10485760}},
    "image without tag change": {"engine": {"image": {"digest": "sha256:" + "a" * 64}}},
    "registry with port": {"engine": {"image": {"repository": "r.example:5000/a/b"}}},
    "pull policy": {"gateway": {"image": {"pullPolicy": "Always"}}},
    "port": {"engine": {"port": 8001}},
    "arg text": {"engine": {"args": {"a": "text"}}},
    "arg int": {"engine": {"args": {"a": 1}}},
    "arg float": {"engine": {"args": {"a": 0.5}}},
    "arg bool": {"engine": {"args": {"a": False}}},
    "arg null": {"engine": {"args": {"a": None}}},
    "arg list": {"engine": {"args": {"a": ["x", 1, True]}}},
    "arg object": {"engine": {"args": {"a": {"b": {"c": None}}}}},
    "arg with dots": {"engine": {"args": {"a.b-c_d": 1}}},
    "env text": {"engine": {"env": {"A": "text"}}},
    "env number": {"engine": {"env": {"A": 1.5}}},
    "env bool": {"engine": {"env": {"A": True}}},
    "env expand": {"engine": {"env": {"A": {"expand": "$(B)"}}}},
    "env field": {"engine": {"env": {"A": {"valueFrom": {"fieldRef": {"fieldPath": "x"}}}}}},
    "env secret": {
        "engine": {"env": {"A": {"valueFrom": {"secretKeyRef": {"name": "n", "key": "k"}}}}}
    },
    "quantities": {"engine": {"resources": {"limits": {"cpu": 2, "memory": "1.5Gi", "a/b": "5k"}}}},
    "shm": {"engine": {"shmSize": "512Mi"}},
    "capability": {"engine": {"capabilities": ["IPC_LOCK"]}},
    "cluster IP": {"service": {"type": "ClusterIP"}},
    "no service name": {"service": {"name": ""}},
    "node port": {"service": {"nodePort": 30000}},
    "deadline": {"startup": {"loadDeadlineSeconds": 1}},
    "no delay": {"shutdown": {"delaySeconds": 0}},
    "probe delay": {"probes": {"liveness": {"initialDelaySeconds": 0}}},
    "percent": {"rollout": {"maxUnavailable": "50%"}},
    "peers": {"networkPolicy": {"clients": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}},
    "budget": {"podDisruptionBudget": {"maxUnavailable": "10%"}},
    "toleration": {"pod": {"tolerations": [{"operator": "Exists"}]}},
    "node selector": {"pod": {"nodeSelector": {"a.b/c": "d"}}},
    "affinity": {"pod": {"affinity": {"podAffinity": {"any": ["thing"]}}}},
    "no affinity": {"pod": {"affinity": None}},
    "pull secret": {"pod": {"imagePullSecrets": [{"name": "x"}]}},
    "volumes": {"pod": {"volumes": [{"name": "a", "emptyDir": {}}]}},
    "host network": {"pod": {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"}},
    "label": {"labels": {"a.example/b": "c"}},
    "empty label": {"labels": {"a": ""}},
    "annotation": {"annotations": {"a": "{{ anything }}: yes"}},
}
BAD = [
    ({"unknown": 1}, "unknown"),
    ({"replicaCount": 2}, "replicaCount"),
    ({"replicas": "3"}, "replicas"),
    ({"replicas": -1}, "replicas"),
    ({"replicas": 1.5}, "replicas"),
    ({"replicas": True}, "replicas"),
    ({"replicas": None}, "replicas"),
    ({"model": {"name": "x"}}, "model.name"),
    ({"model": {"servedName": "x"}}, "model.servedName"),
    ({"model": {"servedName": []}}, "model.servedName"),
    ({"model": {"servedName": [""]}}, "model.servedName.0"),
    ({"model": {"path": ""}}, "model.path"),
    ({"model": {"path": 1}}, "model.path"),
    ({"model": {"maxLength": "8192"}}, "model.maxLength"),
    ({"model": {"maxLength": 0}}, "model.maxLength"),
    ({"model": {"maxLength": None}}, "model.maxLength"),
    ({"model": {"chatTemplate": "x"}}, "model.chatTemplate"),
    ({"model": {"source": {"pvc": {"claimName": "x"}}}}, "model.source.pvc"),
    ({"model": {"source": {"hostPath": {"path": "relative"}}}}, "model.source.hostPath.path"),
    ({"model": {"source": {"hostPath": {"type": "File"}}}}, "model.source.hostPath.type"),
    ({"engine": {"image": "vllm:1"}}, "engine.image"),
    ({"engine": {"image": {"tag": 1.0}}}, "engine.image.tag"),
    ({"engine": {"image": {"tag": "a b"}}}, "engine.image.tag"),
    ({"engine": {"image": {"tag": None}}}, "engine.image.tag"),
    ({"engine": {"image": {"digest": "sha256:abc"}}}, "engine.image.digest"),
    ({"engine": {"image": {"repository": "{{ .Values }}"}}}, "engine.image.repository"),
    ({"engine": {"image": {"pullPolicy": "Sometimes"}}}, "engine.image.pullPolicy"),
    ({"engine": {"image": {"registry": "r"}}}, "engine.image.registry"),
    ({"engine": {"port": 0}}, "engine.port"),
    ({"engine": {"port": 65536}}, "engine.port"),
    ({"engine": {"port": "8000"}}, "engine.port"),
    ({"engine": {"command": []}}, "engine.command"),
    ({"engine": {"command": "vllm serve"}}, "engine.command"),
    ({"engine": {"args": ["--a"]}}, "engine.args"),
    ({"engine": {"args": {"--a": 1}}}, "engine.args.--a"),
    ({"engine": {"args": {"a b": 1}}}, "engine.args.a b"),
    ({"engine": {"args": {"a": [["x"]]}}}, "engine.args.a"),
    ({"engine": {"args": {"a": [None]}}}, "engine.args.a"),
    ({"engine": {"args": {"model": "x"}}}, "engine.args.model"),
    ({"engine": {"args": {"tensor_parallel_size": 2}}}, "engine.args.tensor_parallel_size"),
    ({"engine": {"args": {"max-model-len": 2}}}, "engine.args.max-model-len"),
    ({"engine": {"env": [{"name": "A", "value": "b"}]}}, "engine.env"),
    ({"engine": {"env": {"A-B": "x"}}}, "engine.env.A-B"),
    ({"engine": {"env": {"1A": "x"}}}, "engine.env.1A"),
    ({"engine": {"env": {"A": ["x"]}}}, "engine.env.A"),
    ({"engine": {"env": {"A": {"value": "x"}}}}, "engine.env.A"),
    ({"engine": {"env": {"A": {"expand": 1}}}}, "engine.env.A"),
    ({"engine": {"env": {"A": {"valueFrom": {"secretRef": {}}}}}}, "engine.env.A"),
    ({"engine": {"env": {"POD_IP": "x"}}}, "engine.env.POD_IP"),
    ({"engine": {"env": {"WINGS_STOP_SECONDS": "1"}}}, "engine.env.WINGS_STOP_SECONDS"),
    ({"gateway": {"env": {"MODEL_NAME": "x"}}}, "gateway.env.MODEL_NAME"),
    ({"gateway": {"env": {"WINGS_PORT": "1"}}}, "gateway.env.WINGS_PORT"),
    ({"engine": {"resources": {"limits": {"memory": "1 GB"}}}}, "engine.resources.limits.memory"),
    ({"engine": {"resources": {"limits": {"memory": "10GB"}}}}, "engine.resources.limits.memory"),
    ({"engine": {"resources": {"limits": {"cpu": "1e3"}}}}, "engine.resources.limits.cpu"),
    ({"engine": {"resources": {"limits": {"cpu": "1E3"}}}}, "engine.resources.limits.cpu"),
    ({"engine": {"resources": {"limit": {}}}}, "engine.resources.limit"),
    ({"engine": {"shmSize": 8}}, "engine.shmSize"),
    ({"engine": {"shmSize": "8 Gi"}}, "engine.shmSize"),
    ({"engine": {"capabilities": ["SYS_ADMIN"]}}, "engine.capabilities.0"),
    ({"parallelism": {"tensor": 0}}, "parallelism.tensor"),
    ({"parallelism": {"pipeline": 2}}, "parallelism.pipeline"),
    ({"service": {"type": "LB"}}, "service.type"),
    ({"service": {"type": "ExternalName"}}, "service.type"),
    ({"service": {"port": 99999}}, "service.port"),
    ({"service": {"name": "Upper"}}, "service.name"),
    ({"service": {"name": "a" * 64}}, "service.name"),
    ({"service": {"annotations": {"a": 1}}}, "service.annotations.a"),
    ({"startup": {"loadDeadlineSeconds": "10m"}}, "startup.loadDeadlineSeconds"),
    ({"startup": {"loadDeadlineSeconds": 0}}, "startup.loadDeadlineSeconds"),
    ({"shutdown": {"drainSeconds": -1}}, "shutdown.drainSeconds"),
    ({"probes": {"startup": {}}}, "probes.startup"),
    ({"probes": {"readiness": {"periodSeconds": 0}}}, "probes.readiness.periodSeconds"),
    ({"rollout": {"maxSurge": "1"}}, "rollout.maxSurge"),
    ({"rollout": {"maxSurge": -1}}, "rollout.maxSurge"),
    ({"rollout": {"type": "Recreate"}}, "rollout.type"),
    ({"networkPolicy": {"enabled": "false"}}, "networkPolicy.enabled"),
    ({"networkPolicy": False}, "networkPolicy"),
    ({"podDisruptionBudget": {"minAvailable": 1}}, "podDisruptionBudget.minAvailable"),
    ({"pod": {"tolerations": [{"operator": "Is"}]}}, "pod.tolerations.0.operator"),
    ({"pod": {"nodeSelector": {"a": True}}}, "pod.nodeSelector.a"),
    ({"pod": {"imagePullSecrets": ["x"]}}, "pod.imagePullSecrets.0"),
    ({"pod": {"env": {"A": "b"}}}, "pod.env"),
    ({"pod": {"containers": []}}, "pod.containers"),
    ({"pod": {"annotations": {"checksum/files": "x"}}}, "pod.annotations.checksum/files"),
    ({"labels": {"a": "not a label"}}, "labels.a"),
    ({"labels": {"a": 1}}, "labels.a"),
    ({"labels": {"-a": "b"}}, "labels.-a"),
    ({"labels": {"app.kubernetes.io/name": "x"}}, "labels.app.kubernetes.io/name"),
    ({"annotations": {"a": {}}}, "annotations.a"),
    ({"autoscaling": {"max": 3}}, "autoscaling"),
    ({"ingress": {"host": "a.example"}}, "ingress"),
    ({"httpRoute": {"hostnames": []}}, "httpRoute"),
    ({"monitoring": {"intervalSeconds": 5}}, "monitoring"),
]


OTHERS = [
    ("llama-chat", {"replicas": 2}, "replicas"),
    ("llama-chat", {"autoscaling": {"max": 0}}, "autoscaling.max"),
    ("llama-chat", {"autoscaling": {"triggers": []}}, "autoscaling.triggers"),
    ("llama-chat", {"autoscaling": {"enabled": False}}, "autoscaling.enabled"),
    ("monitoring", {"monitoring": {"intervalSeconds": "15s"}}, "monitoring.intervalSeconds"),
    ("monitoring", {"monitoring": {"enabled": True}}, "monitoring.enabled"),
    ("ingress", {"ingress": {"host": "a b"}}, "ingress.host"),
    ("http-route", {"httpRoute": {"parentRefs": []}}, "httpRoute.parentRefs"),
    ("chat-template", {"model": {"chatTemplate": 1}}, "model.chatTemplate"),
    ("chat-template", {"model": {"chatTemplate": None}}, "model.chatTemplate"),
    ("chat", {"model": {"source": {"hostPath": {"path": "/x"}}}}, "model.source.hostPath"),
    ("sglang", {"engine": {"args": {"tp-size": 2}}}, "engine.args.tp-size"),
]


def test_good_values_pass(helm, reference, tmp_path):
    rows = {name: (reference, values) for name, values in GOOD.items()}
    assert Umbrella(tmp_path, rows).refusals(helm) == {}


def test_bad_values_are_refused_by_their_key(helm, reference, charts, tmp_path):
    rows = {json.dumps(values): (reference, values, path) for values, path in BAD}
    rows |= {
        f"{chart}: {json.dumps(values)}": (charts[chart], values, path)
        for chart, values, path in OTHERS
    }
    assert len(rows) == len(BAD) + len(OTHERS)
    assert unblamed(helm, tmp_path, rows) == {}


def accepts(helm, chart, values):
    done = helm.run("template", "demo", chart, "-f", "-", stdin=json.dumps(values))
    if done.returncode:
        assert "schema" in done.stderr, done.stderr
    return done.returncode == 0


def test_the_schema_is_alive(helm, reference, tmp_path):
    """Without its additionalProperties rules the unknown key passes: so these refuse it."""
    chart = shutil.copytree(reference, tmp_path / "chart")
    path = chart / "values.schema.json"
    schema = json.loads(path.read_text())
    assert schema.pop("additionalProperties") is False
    path.write_text(json.dumps(schema))
    assert not accepts(helm, reference, {"unknown": 1})
    assert accepts(helm, chart, {"unknown": 1})


def test_every_object_of_the_schema_is_closed(charts):
    for chart in charts.values():
        schema = json.loads((chart / "values.schema.json").read_text())
        assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
        closed = [schema, *schema["$defs"].values()]
        objects = [rule for rule in closed if "properties" in rule]
        assert [rule for rule in objects if rule.get("additionalProperties") is not False] == []


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("replicas=three", "replicas"),
        ("replica=3", "replica"),
        ("engine.port=http", "engine.port"),
        ("engine.arg.x=1", "engine.arg"),
        ("service.type=Loadbalancer", "service.type"),
        ("networkPolicy.enabled=off", "networkPolicy.enabled"),
        ("labels.a=1", "labels.a"),
    ],
)
def test_wrong_settings_are_refused(helm, reference, setting, path):
    done = helm.run("template", "demo", reference, "--set", setting)
    assert done.returncode != 0
    assert path in blamed(done.stderr)


def test_lint_refuses_them_too(helm, reference):
    done = helm.run("lint", "--strict", reference, "--set", "replica=3")
    assert done.returncode != 0
    assert "replica" in done.stdout + done.stderr
