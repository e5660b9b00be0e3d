"""A real vLLM behind the gateway, installed and asked as a user would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cluster.clients import CHAT
from tests.cluster.release import ENGINE, GATEWAY, PROFILES, Release
from tests.support.hostile import HOSTILE

CONFIG = {name: text for name, text in HOSTILE.items() if name != "dashes"}
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}{# " + CONFIG["shell"] + " #}"


@pytest.fixture(scope="module")
def real(module_release, clients, tmp_path_factory) -> Release:
    """One release for the tests of this module."""
    path = tmp_path_factory.mktemp("profile") / "real.wings.yaml"
    path.write_text(json.dumps(hostile(PROFILES / "real.wings.yaml")), encoding="utf-8")
    release = module_release("real", path)
    release.install_ok()
    clients.reach(release.url)
    return release


def hostile(profile: Path) -> dict[str, Any]:
    """The profile with every hostile text as argument and variable, and one as chat template."""
    content = YAML(typ="safe").load(profile)
    content["engine"]["args"]["additional-config"] = json.dumps(CONFIG, indent=1)
    content["engine"]["env"] |= {f"X_{name}": text for name, text in CONFIG.items()}
    content["model"]["chatTemplate"] = {"inline": TEMPLATE}
    return dict(content)


def test_helm_test_is_green(real):
    printed = real.kube.helm_ok("test", real.name, "--logs")
    for check in ("health: ok", "models: ok", "chat: ok", "streaming: ok"):
        assert check in printed


@pytest.mark.parametrize("by", ["name", "virtual address"])
def test_the_openai_client_is_served(real, clients, by):
    service = real.kube.read("service", real.service)
    host = real.url if by == "name" else f"http://{service['spec']['clusterIP']}:9000"
    seen = json.loads(clients.run("talk.py", f"{host}/v1", "tiny"))
    assert seen["models"] == ["tiny"]
    assert seen["chat_tokens"] == seen["text_tokens"] == 8
    assert seen["finish"] == "length"
    assert seen["pieces"] >= 2


def test_generate_is_answered_in_its_documented_shape(real, clients):
    status, text = clients.post(f"{real.url}/generate", '{"prompt": "Once", "max_tokens": 4}')
    reply = json.loads(text)
    assert status == 200
    assert set(reply) == {"text", "model", "finish_reason", "usage"}
    assert reply["usage"]["completion_tokens"] == 4


def test_the_name_of_another_model_is_refused_by_vllm(real, clients):
    """The gateway hands the name on; SGLang answers under any."""
    body = (CHAT % 1).replace("tiny", "another")
    status, text = clients.post(f"{real.url}/v1/chat/completions", body)
    assert (status, json.loads(text)["error"]["code"]) == (404, 404)


def test_status_and_metrics_are_told(real, clients):
    _, text = clients.get(f"{real.url}/engine/status")
    assert json.loads(text)["state"] == "ready"
    status, text = clients.get(f"{real.url}/engine/metrics")
    assert status == 200
    assert "vllm:generation_tokens_total" in text
    # The cluster's port is not in the client Service; inside of the pod it answers.
    assert real.status()["engine_version"] == "0.32.0"
    assert clients.get(f"{real.url.replace(':9000', ':9001')}/metrics")[0] == 0


def test_the_pod_is_as_strict_administrators_want_it(real):
    (pod,) = real.pods()
    for container in pod["spec"]["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
    engine = next(c for c in pod["spec"]["containers"] if c["name"] != GATEWAY)
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == "1"
    for kind in ("wings-infer", "engine"):
        assert real.exec(kind, "id", "-u").strip() == "10001"
        writing = real.kube.run("exec", real.pod(), "-c", real.container(kind), "--", "touch", "/x")
        assert "Read-only file system" in writing.stderr
    quota = real.kube.read("resourcequota", "quota")["status"]["used"]
    assert quota["requests.nvidia.com/gpu"] == "1"
    namespace = real.kube.read("namespace", real.kube.namespace)["metadata"]["labels"]
    assert namespace["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_text_reaches_the_engine_byte_for_byte(real):
    argv = real.argv()
    assert argv[argv.index("--additional-config") + 1] == json.dumps(CONFIG, indent=1)
    environment = dict(entry.partition("=")[::2] for entry in real.of_engine("environ"))
    assert {name: environment[f"X_{name}"] for name in CONFIG} == CONFIG
    template = argv[argv.index("--chat-template") + 1]
    assert real.exec(ENGINE, "cat", template) == TEMPLATE
