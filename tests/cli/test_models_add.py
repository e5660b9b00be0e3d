"""`wingsctl models add` from Hugging Face: a real client, and a hub of the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.hub_runs import add, entries
from tests.support import checkpoints
from tests.support.commands import Outcome
from tests.support.model_hub import (
    COMMIT,
    REPOSITORY,
    TOKEN,
    Answer,
    Asked,
    ModelHub,
    Reply,
    serving,
)

pytestmark = pytest.mark.slow  # each run is a process that imports a client
SHARDS = checkpoints.files(shards=3)
Hubs = Callable[..., ModelHub]


@pytest.fixture
def hubs():
    """Starts hubs; they end with the test."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda *args, **more: stack.enter_context(serving(ModelHub(*args, **more)))


def entry(home: Path, name: str = "tiny") -> dict[str, Any]:
    path = home / "catalog" / "models" / f"{name}.yaml"
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


def json_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.code == 0, outcome.stderr
    data: dict[str, Any] = json.loads(outcome.stdout)["data"]
    return data


def test_an_entry_has_exact_sizes_and_the_commit(hubs: Hubs, tmp_path: Path):
    hub = hubs(SHARDS)
    outcome = add(hub, tmp_path, REPOSITORY)
    assert outcome.code == 0, outcome.stderr
    found = entry(tmp_path)
    held = {
        "attention": 2 * 2 * (64 * 64 * 2 + 32 * 64 * 2),
        "embedding": 2 * 512 * 64,
        "feed-forward": 2 * 2 * 3 * 128 * 64,
        "head": 2 * 512 * 64,
        "norm": 2 * (64 + 2 * (64 + 16)),
    }
    assert {kind: each["BF16"] for kind, each in found["tensorBytes"].items()} == held
    assert found["parameters"] == sum(held.values()) // 2
    weights = sum(len(data) for name, data in SHARDS.items() if name.endswith(".safetensors"))
    assert found["checkpointGib"] == round(weights / 2**30, 6)
    assert found["revision"] == COMMIT
    assert found["name"] == REPOSITORY
    assert found["source"] == f"{hub.url}/{REPOSITORY} at {COMMIT}"
    assert "note" not in found
    for words in ("wrote   catalog/models/tiny.yaml", "4,096 tokens", f'revision: "{COMMIT}"'):
        assert words in outcome.stdout


def test_only_headers_of_weights_are_asked_for(hubs: Hubs, tmp_path: Path):
    hub = hubs(checkpoints.files() | {"model.safetensors": large()})
    assert add(hub, tmp_path, REPOSITORY).code == 0
    assert [each.headers["range"] for each in hub.stored] == ["bytes=0-131071"]
    assert entry(tmp_path)["checkpointGib"] == pytest.approx(0.0039, abs=1e-4)


def large() -> bytes:
    """A file of 4 MiB."""
    return checkpoints.safetensors(
        checkpoints.shapes() | {"lm_head.weight": ("BF16", (512 * 61, 64))}
    )


def test_a_long_header_takes_a_second_request(hubs: Hubs, tmp_path: Path):
    many = {f"model.layers.0.mlp.experts.{n}.w1.weight": ("BF16", (1,)) for n in range(2000)}
    hub = hubs(checkpoints.files() | {"model.safetensors": checkpoints.safetensors(many)})
    outcome = add(hub, tmp_path, REPOSITORY)
    assert outcome.code == 0, outcome.stderr
    assert len(hub.stored) == 2
    assert entry(tmp_path)["tensorBytes"] == {"experts": {"BF16": 4000}}
    assert "uncertain   the weights have 2,000 parameters" in outcome.stdout


def test_the_entry_serves_plan_fit_and_the_list(hubs: Hubs, tmp_path: Path, wingsctl):
    hub = hubs(SHARDS)
    lines = json_of(add(hub, tmp_path, REPOSITORY, "--output", "json"))["profile"]
    profile = tmp_path / "tiny.wings.yaml"
    head = "wingsctl: v1\nname: tiny\nengine: vllm\naccelerator: nvidia-l4\n"
    profile.write_text(f"{head}{lines}\n", encoding="utf-8")
    catalog = ("--catalog", tmp_path / "catalog")
    planned = wingsctl("plan", profile, *catalog, "--output", "json")
    assert planned.code == 0, planned.stderr
    decisions = {e["key"]: e["value"] for e in json.loads(planned.stdout)["data"][0]["decisions"]}
    assert decisions["memory.verdict"] == "fits"
    fitting = wingsctl("fit", REPOSITORY, *catalog, "--accelerator", "nvidia-l4")
    assert "fits" in fitting.stdout
    assert REPOSITORY in wingsctl("profiles", "list", "acme", *catalog).stdout


@pytest.mark.parametrize("revision", ["v1", "refs/pr/1", COMMIT])
def test_a_revision_is_resolved_once_and_pinned(hubs: Hubs, tmp_path: Path, revision: str):
    hub = hubs(SHARDS)
    assert add(hub, tmp_path, f"{REPOSITORY}@{revision}").code == 0
    assert entry(tmp_path)["revision"] == COMMIT
    files = [each.path for each in hub.asked if "/resolve/" in each.path]
    assert files
    assert all(f"/resolve/{COMMIT}/" in each for each in files)


def test_the_token_stays_with_the_hub(hubs: Hubs, tmp_path: Path):
    """Weights are redirected to a host of another name, as a content network is."""
    hub = hubs(SHARDS, {"gated": "manual", "cardData": {"license": "acme-1"}}, needs_token=True)
    outcome = add(hub, tmp_path, REPOSITORY, HF_TOKEN=TOKEN)
    assert outcome.code == 0, outcome.stderr
    assert {each.headers.get("authorization") for each in hub.asked} == {f"Bearer {TOKEN}"}
    assert len(hub.stored) == 3
    for each in hub.stored:
        assert not {"authorization", "cookie"} & each.headers.keys()
    assert f"gate   accept the licence at {hub.url}/{REPOSITORY}; pods need" in outcome.stdout
    assert "licence   acme-1" in outcome.stdout
    assert "tokenSecret: {name: YOUR-SECRET}" in outcome.stdout
    found, source = entry(tmp_path), f"{hub.url}/{REPOSITORY} at {COMMIT}"
    assert found["gate"] == {"needsToken": True, "source": source}
    assert found["licence"] == {"name": "acme-1", "source": source}
    assert found["modality"]["inputs"] == ["text"]
    assert TOKEN not in (tmp_path / "catalog/models/tiny.yaml").read_text("utf-8")


def test_a_token_of_the_clients_file_is_taken(hubs: Hubs, tmp_path: Path):
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "token").write_text(TOKEN, encoding="utf-8")
    hub = hubs(SHARDS, needs_token=True)
    assert add(hub, tmp_path, REPOSITORY, HF_HOME=str(tmp_path / "hf")).code == 0


def test_a_proxy_is_used(hubs: Hubs, tmp_path: Path):
    hub = hubs(checkpoints.files())
    hub.store_url = "http://weights.hub.example"
    outcome = add(hub, tmp_path, REPOSITORY, HF_ENDPOINT="http://hub.example", HTTP_PROXY=hub.url)
    assert outcome.code == 0, outcome.stderr
    assert all(each.path.startswith("http://hub.example/") for each in hub.asked)
    assert [each.path for each in hub.stored] == ["http://weights.hub.example/model.safetensors"]


def refusing(status: int, **headers: str) -> Answer:
    return lambda _: Reply(status, b"no " + TOKEN.encode(), headers)


def only_for(ending: str, reply: Reply) -> Answer:
    return lambda asked: reply if asked.path.endswith(ending) else None


GATED = refusing(403, **{"X-Error-Code": "GatedRepo"})
PADDED = checkpoints.files()["config.json"].ljust(400)
REFUSALS = {
    "gated": (GATED, 6, ("acme/tiny is gated or private", "accept the licence at", "HF_TOKEN")),
    "wrong token": (refusing(401), 6, ("or the token is wrong (HTTP 401)", "check the name")),
    "no such model": (refusing(404), 6, ("does not exist (HTTP 404)",)),
    "a pause too long": (
        refusing(429, **{"Retry-After": "3600"}),
        6,
        ("asks to wait for 3600 s: HTTP status 429",),
    ),
    "down": (
        refusing(503, **{"Retry-After": "0"}),
        6,
        ("does not answer as it should: HTTP status 503", "asked 4 times"),
    ),
    "teapot": (refusing(418), 6, ("answers with HTTP 418",)),
    "no JSON": (lambda _: Reply(body=b"<html>"), 3, ("not JSON",)),
    "another service": (lambda _: Reply(body=b"{}"), 6, ("does not name a commit",)),
    "a hostile commit": (
        lambda _: Reply(body=b'{"sha": "../../etc"}'),
        6,
        ("does not name a commit",),
    ),
    "compressed": (
        lambda _: Reply(body=b"x", headers={"Content-Encoding": "br"}),
        6,
        ("sends br where plain bytes were asked for",),
    ),
    "a page without end": (
        lambda _: Reply(body=b" " * (5 * 2**20)),
        6,
        ("sends more than 4 MiB",),
    ),
    "a broken config": (
        only_for("/config.json", Reply(body=b'{"hidden_size": 1' + b" " * 400)),
        3,
        ("config.json:1:", "not JSON"),
    ),
    "a missing file": (
        only_for("/config.json", Reply(404, headers={"X-Error-Code": "EntryNotFound"})),
        6,
        ("does not exist (HTTP 404)",),
    ),
    "a header cut off": (
        only_for(".safetensors", Reply(206, b"12345", {"Content-Range": "bytes 0-4/5"})),
        3,
        ("has 5 bytes, too few for a safetensors file",),
    ),
    "without end": (
        only_for("/config.json", Reply(body=b" ", size=10**9, trickle=True)),
        124,
        ("did not send everything within 1 s", "--timeout"),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_hub_that_fails_is_one_message_and_leaves_nothing(hubs: Hubs, tmp_path: Path, case: str):
    answer, code, words = REFUSALS[case]
    hub = hubs(checkpoints.files() | {"config.json": PADDED}, answer=answer)
    more = ("--timeout", "1") if case == "without end" else ()
    outcome = add(hub, tmp_path, REPOSITORY, *more, HF_TOKEN=TOKEN)
    assert outcome.code == code, outcome.stderr
    assert outcome.stdout == ""
    for each in words:
        assert each in outcome.stderr
    assert not entries(tmp_path)


def test_a_hub_that_recovers_is_asked_again(hubs: Hubs, tmp_path: Path):
    """One refusal of each kind that a second attempt mends, then the file."""
    left = [Reply(429, headers={"Retry-After": "0"}), Reply(502, headers={"Retry-After": "0"})]
    hub = hubs(SHARDS, answer=lambda _: left.pop() if left else None)
    assert add(hub, tmp_path, REPOSITORY).code == 0
    assert not left


def test_a_server_that_ignores_ranges_serves_too(hubs: Hubs, tmp_path: Path):
    hub = hubs(SHARDS, has_ranges=False)
    assert add(hub, tmp_path, REPOSITORY).code == 0
    assert entry(tmp_path)["parameters"] == 139_488


def test_a_name_that_is_not_known_has_near_ones(hubs: Hubs, tmp_path: Path):
    outcome = add(hubs(SHARDS), tmp_path, "Qwen/Qwen3-32")
    assert outcome.code == 6
    assert "in the catalog: did you mean qwen3-32b" in outcome.stderr


def test_offline_reads_the_clients_cache_and_asks_nobody(hubs: Hubs, tmp_path: Path):
    hub = hubs(SHARDS)
    missing = add(hub, tmp_path, REPOSITORY, "--offline")
    assert missing.code == 3
    assert "acme/tiny is not in the cache" in missing.stderr
    cached(tmp_path, SHARDS)
    for words, env in ((("--offline",), {}), (("--force",), {"HF_HUB_OFFLINE": "1"})):
        outcome = add(hub, tmp_path, REPOSITORY, *words, **env)
        assert outcome.code == 0, outcome.stderr
        assert entry(tmp_path)["revision"] == COMMIT
    assert hub.asked == []


def cached(home: Path, content: dict[str, bytes]) -> None:
    """As huggingface_hub keeps it: links of a commit to what they hold."""
    kept = home / ".cache" / "huggingface" / "hub" / "models--acme--tiny"
    snapshot = kept / "snapshots" / COMMIT
    for each in (kept / "blobs", kept / "refs", snapshot):
        each.mkdir(parents=True)
    (kept / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    for number, (name, data) in enumerate(content.items()):
        (kept / "blobs" / str(number)).write_bytes(data)
        (snapshot / name).symlink_to(f"../../blobs/{number}")


def test_an_entry_is_replaced_only_when_told(hubs: Hubs, tmp_path: Path):
    hub = hubs(SHARDS)
    assert add(hub, tmp_path, REPOSITORY).code == 0
    path = tmp_path / "catalog" / "models" / "tiny.yaml"
    path.write_text("mine\n", encoding="utf-8")
    asked = len(hub.asked)
    outcome = add(hub, tmp_path, REPOSITORY)
    assert outcome.code == 3
    assert "catalog/models/tiny.yaml exists" in outcome.stderr
    assert len(hub.asked) == asked
    assert path.read_text("utf-8") == "mine\n"
    assert add(hub, tmp_path, REPOSITORY, "--force").code == 0
    assert entry(tmp_path)["name"] == REPOSITORY
    assert entries(tmp_path) == ["tiny.yaml"]


def test_the_first_catalog_of_the_environment_is_the_default(hubs: Hubs, tmp_path: Path):
    hub = hubs(SHARDS)
    assert add(hub, tmp_path, REPOSITORY, WINGSCTL_CATALOG="one:two").code == 0
    assert (tmp_path / "one" / "models" / "tiny.yaml").is_file()
    assert not (tmp_path / "two").exists()


def test_a_client_that_is_not_installed_is_named(tmp_path: Path, hubs: Hubs):
    """A package of that name that cannot be imported stands in for none."""
    (tmp_path / "none").mkdir()
    for hub, package in (("huggingface", "huggingface_hub"), ("modelscope", "modelscope_hub")):
        (tmp_path / "none" / f"{package}.py").write_text("raise ImportError", encoding="utf-8")
        outcome = run_without(tmp_path, hub)
        assert outcome.code == 3
        assert f"pipx install 'wingsctl[{hub}]'" in outcome.stderr


def run_without(home: Path, hub: str) -> Outcome:
    from tests.support.processes import ROOT

    nowhere = ModelHub({}, url="http://127.0.0.1:9")
    path = f"{home / 'none'}:{ROOT}"
    return add(nowhere, home, REPOSITORY, "--hub", hub, PYTHONPATH=path)


def test_requests_are_for_the_repository_alone(hubs: Hubs, tmp_path: Path):
    """No telemetry, and nothing that names this machine."""
    hub = hubs(SHARDS)
    assert add(hub, tmp_path, REPOSITORY).code == 0

    def is_of_it(asked: Asked) -> bool:
        return REPOSITORY in asked.path and asked.headers["user-agent"] == "wingsctl"

    assert all(map(is_of_it, hub.asked))
