"""Conversions of what people run: the profile, the report, and what holds for all of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.convert.cases import CASES, EXPECTED, MANIFESTS, Case
from tests.support.expected import check_text

SECRETS = re.compile(r"MustNotShowUp|swordfish|correct-horse|not-a-real-password|zq7x")


def name_of(case: Case) -> str:
    return case.name


@pytest.fixture(autouse=True)
def _among_the_manifests(monkeypatch):
    monkeypatch.chdir(MANIFESTS)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_profile_and_report_are_as_expected(case, wingsctl, request):
    done = wingsctl("convert", *case.arguments)
    update = request.config.getoption("--update-golden")
    check_text(EXPECTED / f"{case.name}.txt", f"{done.stdout}\n{done.stderr}", update=update)
    assert done.code == 0
    assert not SECRETS.search(done.stdout + done.stderr)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_profile_renders_and_every_field_is_reported(case, wingsctl, tmp_path):
    profile = tmp_path / "made.wings.yaml"
    done = wingsctl("convert", *_before_command(case, "--to", str(profile), "-o", "json"))
    envelope = json.loads(done.stdout)
    assert not SECRETS.search(done.stdout + done.stderr)
    assert envelope["data"]["profile"] == profile.read_text("utf-8")
    rendered = wingsctl("render", profile, "-o", tmp_path / "charts")
    assert rendered.code == 0, rendered.stderr
    for file in case.files:
        rows = [row for row in envelope["data"]["fields"] if row["file"] == file]
        assert reported(rows) == written(file)
    if case.command:
        rows = [row for row in envelope["data"]["fields"] if row["file"] == "<command line>"]
        assert {row["path"] for row in rows} == {f"[{at}]" for at in range(len(case.command))}


def _before_command(case: Case, *options: str) -> list[str]:
    at = case.arguments.index("--") if case.command else len(case.arguments)
    return [*case.arguments[:at], *options, *case.arguments[at:]]


def reported(rows: list[dict[str, Any]]) -> Counter[str]:
    """How often each path has rows: one for each document, whatever parts it has."""
    plain = Counter(row["path"] for row in rows if not row["part"])
    return plain | Counter({row["path"] for row in rows if row["part"]})


def written(file: str) -> Counter[str]:
    """The leaves of a file's documents; a text that is no YAML object is one."""
    text = (MANIFESTS / file).read_text("utf-8")
    documents = [] if file.startswith(("docker/", "command/")) else YAML(typ="safe").load_all(text)
    found = Counter(path for each in documents if each for path in leaves(each, ""))
    return found or Counter([""])


def leaves(data: Any, path: str) -> Iterator[str]:
    if isinstance(data, dict) and data:
        for key, value in data.items():
            name = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
            yield from leaves(value, f"{path}.{name}" if path else name)
    elif isinstance(data, list) and data:
        for index, value in enumerate(data):
            yield from leaves(value, f"{path}[{index}]")
    else:
        yield path


def test_the_gateway_by_hand_becomes_the_shipped_example(wingsctl, tmp_path):
    """Both render one chart: the example was written by hand for the same deployment."""
    made = tmp_path / "made.wings.yaml"
    case = next(each for each in CASES if each.name == "gateway-by-hand")
    assert wingsctl("convert", *case.arguments, "--to", made).code == 0
    example = MANIFESTS.parents[2] / "examples" / "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
    made.write_text(made.read_text("utf-8").replace("  strict: true\n", ""), encoding="utf-8")
    charts = []
    for place, profile in (("a", made), ("b", example)):
        done = wingsctl("render", profile, "-o", tmp_path / place)
        assert done.code == 0, done.stderr
        values = tmp_path / place / "wings-infer" / "values.yaml"
        charts.append(YAML(typ="safe").load(values.read_text("utf-8")))
    assert charts[0] == charts[1]
