"""A real vLLM whose process dies, whose pod is replaced, and whose pod is deleted in mid-stream."""

from __future__ import annotations

import time

import pytest

from tests.cluster.clients import Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, Release

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/tiny_model.py",
    "sidecar/requirements-engine.txt", "sidecar/wings_infer",
)  # fmt: skip
HEAVY = True


@pytest.fixture(scope="module")
def real(module_release) -> Release:
    release = module_release("real")
    release.apply_ok()
    return release


def test_a_killed_engine_comes_back(real, clients, figures):
    real.wait_ready(1, limit=600)
    before = real.of_engine("cmdline")
    pid = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"
    real.exec(ENGINE, "sh", "-c", f"kill -9 {pid}")
    began = time.monotonic()
    status, text = wait_for(lambda: refused(real, clients), "a refusal", every=0.2)
    assert status == 503, text
    wait_for(lambda: real.status()["state"] == "ready", "the engine", limit=600)
    real.wait_ready(1)
    figures("a killed vLLM serves again after", round(time.monotonic() - began), "s")
    assert real.of_engine("cmdline") == before
    assert clients.post(f"{real.url}/v1/completions", '{"prompt": "a"}')[0] == 200


def refused(real: Release, clients: Clients) -> tuple[int, str] | None:
    answer = clients.post(f"{real.url}/v1/completions", '{"prompt": "a"}')
    return answer if answer[0] != 200 else None


def test_an_upgrade_of_the_only_pod_states_its_gap(real, clients, figures):
    real.wait_ready(1, limit=600)
    with clients.load(real.url, max_tokens=2) as load:
        printed = real.upgrade_ok("--set", "engine.args.max-num-seqs=8", "--wait", "--timeout=10m")
        seen = load.result()
    assert "no request is answered for about" in printed
    figures("an upgrade of the only vLLM: no answer for", seen["longest_gap_seconds"], "s")
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
