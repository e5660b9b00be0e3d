"""An engine that wingsctl has never heard of, end to end, from the one YAML file of the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.helm import argv, containers, pick

PAGE = Path(__file__).resolve().parent.parent / "docs" / "how-to" / "add-an-engine.md"


def block(name: str) -> str:
    """The file of that name as the page shows it."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"`{re.escape(name)}`:\n\n```\w+\n(.*?)^```$", text, re.M | re.S)
    assert found, name
    return found[1]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A catalog with the engine alone, and a profile."""
    write(tmp_path, "catalog/engines/tinyserve.yaml")
    write(tmp_path, "tiny.wings.yaml")
    return tmp_path


def write(folder: Path, name: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block(name), encoding="utf-8")
    return path


FLAGS = "catalog/engines/flags/tinyserve-1.2.0.json"
ARGV = [
    "tinyserve", "--weights", "Qwen/Qwen2.5-7B-Instruct", "--listen", "127.0.0.1:8080",
    "--shards", "1", "--context", "{length}", "--name", "Qwen/Qwen2.5-7B-Instruct",
    "--batch", "16", "--verbose",
]  # fmt: skip


@pytest.mark.parametrize("has_flags", [False, True], ids=["no flag table", "flag table"])
def test_one_file_makes_an_engine(wingsctl, helm, site, has_flags):
    if has_flags:
        write(site, FLAGS)
    options = (site / "tiny.wings.yaml", "--catalog", site / "catalog")
    assert wingsctl("validate", *options).code == 0
    plan = wingsctl("plan", *options, "--all")
    assert "your catalog" in plan.stdout
    assert ("no flag table" in plan.stderr) is not has_flags
    rendered = wingsctl("render", *options, "--output-dir", site / "charts")
    assert rendered.code == 0, rendered.stderr

    objects = helm.template(site / "charts" / "tiny")
    pods = containers(objects)
    engine = pods["tinyserve-engine"]
    gateway = {entry["name"]: entry.get("value") for entry in pods["wings-infer"]["env"]}
    expected = [token.format(length=gateway["MAX_MODEL_LEN"]) for token in ARGV]
    assert argv(objects) == expected
    assert engine["image"] == "registry.example.com/tinyserve:1.2.0-cuda"
    assert [port["containerPort"] for port in engine["ports"]] == [8080]
    assert gateway["ENGINE_TYPE"] == "tinyserve"
    assert gateway["ENGINE_PORT"] == "8080"
    assert gateway["WINGS_ENGINE_HEALTH_PATH"] == "/ready"
    assert gateway["WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS"] == "3"
    assert gateway["WINGS_ENGINE_METRICS_PATH"] == "/stats"
    assert pick(objects, "Service")["spec"]["ports"][0]["port"] == 9000


def test_flags_are_checked_once_there_is_a_table(wingsctl, site):
    write(site, FLAGS)
    profile = site / "tiny.wings.yaml"
    profile.write_text(profile.read_text().replace("batch: 16", "bach: 16"))
    outcome = wingsctl("validate", profile, "--catalog", site / "catalog")
    assert outcome.code == 4
    assert "did you mean batch?" in outcome.stderr


def test_flags_that_the_engine_owns_are_refused(wingsctl, site):
    profile = site / "tiny.wings.yaml"
    profile.write_text(profile.read_text().replace("batch: 16", "shards: 2"))
    outcome = wingsctl("validate", profile, "--catalog", site / "catalog")
    assert outcome.code == 4
    assert "use parallelism.tensor instead" in outcome.stderr


def test_a_card_that_no_image_suits_is_refused(wingsctl, site):
    profile = site / "tiny.wings.yaml"
    profile.write_text(profile.read_text().replace("nvidia-l4", "nvidia-v100-32gb"))
    outcome = wingsctl("validate", profile, "--catalog", site / "catalog")
    assert outcome.code == 4
    assert "no image of TinyServe" in outcome.stderr


def test_a_group_whose_hang_nobody_would_see_is_warned_of(wingsctl, site):
    engine, profile = site / "catalog/engines/tinyserve.yaml", site / "tiny.wings.yaml"
    group = "groups: [{argv: [--nodes, '{nodes}'], rendezvousPort: 4000}]\n"
    engine.write_text(engine.read_text() + group)
    profile.write_text(profile.read_text() + "nodes: 2\nparallelism: {tensor: 2}\n")
    told = "TinyServe has no metrics.progress: an engine that hangs is not noticed"
    options = ("plan", profile, "--all", "--catalog", site / "catalog")
    assert told in wingsctl(*options).stderr
    engine.write_text(engine.read_text().replace("metrics: {", "metrics: {progress: [steps], "))
    plan = wingsctl(*options)
    assert (plan.code, told in plan.stderr) == (0, False), plan.stderr
