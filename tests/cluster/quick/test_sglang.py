"""A real SGLang behind the gateway: asked as a user would, killed, and replaced in mid-stream."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby

import pytest

from tests.cluster.clients import CHAT, STREAM, Background, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import ENGINE, GATEWAY, Release
from tests.support.plans import shipped_engine

HEAVY = True
PID = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"
ANSWER = {
    "type": "object",
    "properties": {"answer": {"enum": ["yes", "no"]}},
    "required": ["answer"],
    "additionalProperties": False,
}
# What the engine and the gateway answer, time and again, until both serve.
WATCH = """
import json, time, urllib.error, urllib.request
def ask(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
seen = []
while seen[-1:] != [[200, 200]]:
    seen.append([ask(8000), ask(9000)])
    time.sleep(0.2)
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def sglang(module_release, clients) -> Release:
    """One release for the tests of this module."""
    release = module_release("sglang")
    release.install_ok()
    clients.reach(release.url)
    return release


def test_helm_test_is_green(sglang):
    printed = sglang.kube.helm_ok("test", sglang.name, "--logs")
    for check in ("health: ok", "models: ok", "chat: ok", "streaming: ok"):
        assert check in printed


def test_the_openai_client_is_served(sglang, clients):
    seen = json.loads(clients.run("talk.py", f"{sglang.url}/v1", "tiny"))
    assert seen["models"] == ["tiny"]
    assert seen["chat_tokens"] == seen["text_tokens"] == 8
    assert seen["finish"] == "length"
    assert seen["pieces"] >= 2


def test_generate_is_sglangs_own(sglang, clients):
    """As its users know it, not translated."""
    wanted = {"max_new_tokens": 4, "ignore_eos": True}
    body = json.dumps({"text": "Once", "sampling_params": wanted})
    status, text = clients.post(f"{sglang.url}/generate", body)
    reply = json.loads(text)
    assert status == 200
    assert len(reply["output_ids"]) == 4
    assert reply["meta_info"]["finish_reason"] == {"type": "length", "length": 4}


def test_the_output_follows_a_json_schema(sglang, clients):
    schema = {"type": "json_schema", "json_schema": {"name": "answer", "schema": ANSWER}}
    body = json.dumps({**json.loads(CHAT % 200), "response_format": schema})
    status, text = clients.post(f"{sglang.url}/v1/chat/completions", body)
    assert status == 200, text
    content = json.loads(text)["choices"][0]["message"]["content"]
    assert json.loads(content)["answer"] in ("yes", "no")


def test_the_name_of_another_model_is_answered_all_the_same(sglang, clients):
    """The gateway hands the name on; vLLM refuses it with 404."""
    body = (CHAT % 1).replace("tiny", "another")
    status, text = clients.post(f"{sglang.url}/v1/chat/completions", body)
    assert (status, json.loads(text)["model"]) == (200, "another")


def test_status_and_metrics_are_reported(sglang, clients):
    _, text = clients.get(f"{sglang.url}/engine/status")
    assert json.loads(text)["state"] == "ready"
    assert sglang.status()["engine_version"] == "0.5.23"
    status, text = clients.get(f"{sglang.url}/engine/metrics")
    assert status == 200
    for page in (text, sglang.page("/metrics")):
        found = {line.split("{")[0] for line in page.splitlines() if line.startswith("sglang:")}
        assert not wanted_metrics() - found


def without_repeats(statuses: Iterable[int]) -> list[int]:
    """One of those that follow each other and are the same."""
    return [status for status, _ in groupby(statuses)]


def wanted_metrics() -> set[str]:
    """What the shipped engine's file names: for scaling, for dashboards and against stalls."""
    names = shipped_engine("sglang").metrics
    first_token = f"{names.time_to_first_token}_count"
    return {names.waiting, names.running, first_token, *names.progress}


def test_a_killed_engine_comes_back_and_health_follows_it(sglang):
    """Loading, SGLang refuses connections, then answers 503 until it has made a first token."""
    before = sglang.of_engine("cmdline")
    sglang.exec(ENGINE, "sh", "-c", f"kill -9 {PID}")
    seen = json.loads(sglang.exec(GATEWAY, "python3", "-c", WATCH))
    engine, gateway = zip(*seen, strict=True)
    assert without_repeats(engine)[:3] == [0, 503, 200], seen
    assert without_repeats(gateway) in ([200, 503, 200], [503, 200]), seen
    sglang.wait_ready(1)
    assert sglang.of_engine("cmdline") == before
    assert sglang.status()["last_failure"]["ended"] == "failed with code 137"


def test_an_upgrade_of_the_only_pod_finishes_its_streams(sglang, clients):
    sglang.wait_ready(1)
    with streams(sglang, clients, 4, 300) as open_streams:
        assert open_streams.first_line == "open"
        setting = ("--set", "engine.args.max-running-requests=8")
        printed = sglang.upgrade_ok(*setting, "--wait", "--timeout=10m")
        seen = open_streams.result()
    assert all(each["done"] for each in seen), seen
    assert "no request is answered for about" in printed
    argv = sglang.argv()
    assert argv[argv.index("--max-running-requests") + 1] == "8"
    wait_for(lambda: serves(sglang, clients), "an answer")


def streams(release: Release, clients: Clients, count: int, tokens: int) -> Background:
    """So many streams of exactly so many tokens."""
    body = STREAM[:-1] % tokens + ', "ignore_eos": true}'
    url = f"{clients.reach(release.url)}/v1/chat/completions"
    return Background(clients, "streams.py", url, count, body)


def serves(release: Release, clients: Clients) -> bool:
    return clients.try_post(f"{release.url}/v1/chat/completions", CHAT % 1) == 200
