"""A real vLLM behind the gateway, installed and asked as a user would."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cluster.clients import Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, GATEWAY, PROFILES, Release
from tests.support.hostile import HOSTILE

CONFIG = {name: text for name, text in HOSTILE.items() if name != "dashes"}
TEMPLATE = "{% for m in messages %}{{ m.content }}{% endfor %}{# " + CONFIG["shell"] + " #}"


@pytest.fixture(scope="module")
def real(module_release, tmp_path_factory) -> Release:
    """One release for the tests of this module; the last ones restart its engine."""
    path = tmp_path_factory.mktemp("profile") / "real.wings.yaml"
    path.write_text(json.dumps(hostile(PROFILES / "real.wings.yaml")), encoding="utf-8")
    release = module_release("real", path)
    began = time.monotonic()
    release.install_ok()
    print(f"installed and serving after {time.monotonic() - began:.0f} s")
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


def test_a_killed_engine_comes_back(real, clients):
    real.wait_ready(1, limit=600)
    before = real.of_engine("cmdline")
    pid = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"
    real.exec(ENGINE, "sh", "-c", f"kill -9 {pid}")
    began = time.monotonic()
    status, text = wait_for(lambda: refused(real, clients), "a refusal", limit=10)
    print(f"refused after {time.monotonic() - began:.1f} s: {text}")
    assert status == 503
    wait_for(lambda: real.status()["state"] == "ready", "the engine", limit=600)
    real.wait_ready(1)
    print(f"serves again after {time.monotonic() - began:.0f} s")
    assert real.of_engine("cmdline") == before
    assert clients.post(f"{real.url}/v1/completions", '{"prompt": "a"}')[0] == 200


def refused(real: Release, clients: Clients) -> tuple[int, str] | None:
    answer = clients.post(f"{real.url}/v1/completions", '{"prompt": "a"}')
    return answer if answer[0] != 200 else None


def test_an_upgrade_of_the_only_pod_states_its_gap(real, clients):
    real.wait_ready(1, limit=600)
    with clients.load(real.url, max_tokens=2) as load:
        printed = real.upgrade_ok("--set", "engine.args.max-num-seqs=8", "--wait", "--timeout=10m")
        time.sleep(1)
        seen = load.result()
    assert "no request is answered for about" in printed
    print(f"without an answer for {seen['longest_gap_seconds']} s: {seen['statuses']}")
    answered = {status for status in seen["statuses"] if status.isdecimal()}
    assert answered == {"200", "503"}, seen
    assert seen["retry_after"] == seen["statuses"]["503"]
    argv = real.argv()
    assert argv[argv.index("--max-num-seqs") + 1] == "8"


def test_sixteen_streams_outlive_their_pod(real, clients):
    (pod,) = real.wait_ready(1, limit=600)
    with clients.streams(real.url, 16, max_tokens=200) as streams:
        assert streams.first_line == "open"
        real.kube.ok("delete", "pod", pod, "--wait=false")
        seen = streams.result()
    assert all(each["done"] for each in seen), seen
