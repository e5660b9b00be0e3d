"""`wingsctl models add --hub modelscope`: the real client, and a hub of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.hub_runs import add, entries
from tests.support import checkpoints
from tests.support.model_hub import COMMIT, REPOSITORY, TOKEN, ModelHub, Reply, serving

pytestmark = pytest.mark.slow  # each run is a process that imports a client
MODELSCOPE = ("--hub", "modelscope")


def entry(home: Path) -> dict[str, Any]:
    path = home / "catalog" / "models" / "tiny.yaml"
    found: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    return found


def test_an_entry_has_exact_sizes_and_the_newest_commit(tmp_path: Path):
    with serving(ModelHub(checkpoints.files(shards=3))) as hub:
        outcome = add(hub, tmp_path, REPOSITORY, *MODELSCOPE)
    assert outcome.code == 0, outcome.stderr
    found = entry(tmp_path)
    assert found["parameters"] == 139_488
    assert found["tensorBytes"]["head"] == {"BF16": 65_536}
    assert found["revision"] == COMMIT
    assert found["source"] == f"{hub.url}/models/{REPOSITORY} at {COMMIT}"
    assert f'source: {{modelscope: {{revision: "{COMMIT}"}}}}' in outcome.stdout
    files = [each.path for each in hub.asked if "FilePath=" in each.path]
    assert all(f"Revision={COMMIT}" in each for each in files)
    assert outcome.stderr == ""


def test_the_token_stays_with_the_hub(tmp_path: Path):
    with serving(ModelHub(checkpoints.files(), needs_token=True)) as hub:
        without = add(hub, tmp_path, REPOSITORY, *MODELSCOPE)
        outcome = add(hub, tmp_path, REPOSITORY, *MODELSCOPE, MODELSCOPE_API_TOKEN=TOKEN)
    assert without.code == 6
    assert "set MODELSCOPE_API_TOKEN" in without.stderr
    assert outcome.code == 0, outcome.stderr
    assert len(hub.stored) == 1
    assert not {"authorization", "cookie"} & hub.stored[0].headers.keys()


REFUSALS = {
    "gated": (lambda _: Reply(403, b"{}"), 6, ("acme/tiny is gated or private (HTTP 403)",)),
    "no such model": (lambda _: Reply(404, b"{}"), 6, ("does not exist (HTTP 404)",)),
    "no JSON": (lambda _: Reply(body=b"<html>"), 6, ("does not answer as it should",)),
    "no list of files": (lambda _: Reply(body=b'{"Data": 3}'), 3, ("config.json", "is missing")),
    "a long pause": (
        lambda asked: Reply(429, headers={"Retry-After": "3600"}) if "File" in asked.path else None,
        6,
        ("asks to wait for 3600 s",),
    ),
    "without end": (
        lambda asked: (
            Reply(body=b" ", size=10**9, trickle=True) if "=config.json" in asked.path else None
        ),
        124,
        ("did not send everything within 1 s",),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_hub_that_fails_is_one_message_and_leaves_nothing(tmp_path: Path, case: str):
    answer, code, words = REFUSALS[case]
    files = checkpoints.files()
    with serving(ModelHub(files, answer=answer)) as hub:
        more = ("--timeout", "1") if case == "without end" else ()
        outcome = add(hub, tmp_path, REPOSITORY, *MODELSCOPE, *more, MODELSCOPE_API_TOKEN=TOKEN)
    assert outcome.code == code, outcome.stderr
    for each in words:
        assert each in outcome.stderr
    assert not entries(tmp_path)


def test_offline_reads_the_clients_cache_and_asks_nobody(tmp_path: Path):
    with serving(ModelHub({})) as hub:
        missing = add(hub, tmp_path, REPOSITORY, *MODELSCOPE, "--offline")
        kept = tmp_path / "kept" / "models" / "acme--tiny" / "snapshots" / "master"
        checkpoints.write(kept, checkpoints.files())
        outcome = add(
            hub, tmp_path, REPOSITORY, *MODELSCOPE, "--offline",
            MODELSCOPE_CACHE=str(tmp_path / "kept"),
        )  # fmt: skip
    assert missing.code == 3
    assert "acme/tiny is not in the cache" in missing.stderr
    assert outcome.code == 0, outcome.stderr
    assert hub.asked == []
    assert "revision" not in entry(tmp_path)
