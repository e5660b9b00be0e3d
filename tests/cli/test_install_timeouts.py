"""`wingsctl install`: whatever waits gets the time that the values in force need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.processes import FakeHelm, fake_helm, run_program
from wingsctl.actions.choose_wait import parse_duration

IMAGE = ("--gateway-image", "registry.example/wings-infer:0.1.0")
ALONE, GROUPS, SCALED = "minimal", "llama-3.2-1b-sglang-2-nodes-macvlan", "qwen2.5-7b-to-zero"
yaml = YAML(typ="safe")


@pytest.fixture
def planned(wingsctl, examples: Path) -> Callable[..., str]:
    """The plan's time-out of an example with these keys: planned("minimal", replicas=5)."""

    def read(name: str, **changed: Any) -> str:
        path = examples / f"{name}.wings.yaml"
        profile = yaml.load(path)
        for key, value in changed.items():
            profile[key] = {**profile.get(key, {}), **value} if isinstance(value, dict) else value
        (examples / "changed.wings.yaml").write_text(json.dumps(profile), encoding="utf-8")
        outcome = wingsctl("plan", examples / "changed.wings.yaml", "--output", "json")
        decisions = json.loads(outcome.stdout)["data"][0]["decisions"]
        return next(f"{each['value']}s" for each in decisions if "helmTimeout" in each["key"])

    return read


@pytest.fixture
def helm(tmp_path: Path) -> FakeHelm:
    return fake_helm(tmp_path / "bin")


@pytest.fixture
def timeout(wingsctl, examples: Path, helm: FakeHelm, tmp_path: Path) -> Callable[..., str]:
    """The time-out that helm is given; without a word from wingsctl but the command."""

    def run(name: str, *arguments: object, source: Path | None = None) -> str:
        path = source or examples / f"{name}.wings.yaml"
        place = ("--output-dir", tmp_path / "out", "--helm", helm.path)
        outcome = wingsctl("install", path, *place, *IMAGE, *arguments)
        assert outcome.code == 0, outcome.stderr
        assert "no time-out is computed" not in outcome.stderr
        assert "is shorter than" not in outcome.stderr
        assert helm.arguments
        return helm.arguments[helm.arguments.index("--timeout") + 1]

    return run


@pytest.mark.parametrize("version", ["v3.17.3", "v4.3.1"])
def test_rolling_back_waits_as_long_as_the_plan(version, timeout, planned, tmp_path):
    fake_helm(tmp_path / "bin", version)
    assert timeout(ALONE, "--rollback-on-failure") == planned(ALONE)


CHANGES = [
    (ALONE, ["--set", "replicas=5"], {"replicas": 5}),
    (ALONE, ["--set", "startup.loadDeadlineSeconds=7200"],
     {"startup": {"loadDeadlineSeconds": 7200}}),
    (ALONE, ["--set-json", 'startup={"pullSeconds":900},replicas=3'],
     {"startup": {"pullSeconds": 900}, "replicas": 3}),
    (ALONE, ["--set", "shutdown.drainSeconds=700"], {"shutdown": {"drainSeconds": 700}}),
    (GROUPS, ["--set", "replicas=3,startup.pullSeconds=900"],
     {"replicas": 3, "startup": {"pullSeconds": 900}}),
    (GROUPS, ["--set", "probes.readiness.periodSeconds=30"],
     {"probes": {"readiness": {"periodSeconds": 30}}}),
    (SCALED, ["--set", "autoscaling.max=7"], {"autoscaling": {"max": 7}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "changed"), CHANGES)
def test_settings_count_as_they_would_in_the_profile(name, settings, changed, timeout, planned):
    assert timeout(name, "--wait", *settings) == planned(name, **changed) != planned(name)


def test_later_values_win_as_in_helm(timeout, planned, tmp_path):
    (tmp_path / "a.yaml").write_text("replicas: 9\nstartup: {pullSeconds: 900}\n", "utf-8")
    (tmp_path / "b.yaml").write_text("replicas: 2\n", "utf-8")
    files = ("-f", tmp_path / "a.yaml", "-f", tmp_path / "b.yaml")
    both = {"startup": {"pullSeconds": 900}}
    assert timeout(ALONE, "--wait", *files) == planned(ALONE, replicas=2, **both)
    assert timeout(ALONE, "--wait", *files, "--set", "replicas=4") == planned(
        ALONE, replicas=4, **both
    )


@pytest.mark.parametrize("name", [ALONE, GROUPS])
def test_a_chart_on_disk_knows_as_much(name, timeout, planned, wingsctl, examples, tmp_path):
    wingsctl("render", examples / f"{name}.wings.yaml", "--output-dir", tmp_path / "charts")
    (chart,) = (tmp_path / "charts").iterdir()
    settings = ("--set", "replicas=3,startup.pullSeconds=900")
    changed = {"replicas": 3, "startup": {"pullSeconds": 900}}
    assert timeout(name, "--wait", *settings, source=chart) == planned(name, **changed)


def test_an_upgrade_without_values_keeps_those_of_the_release(timeout, planned, tmp_path):
    history = [(1, "superseded"), (2, "deployed"), (3, "failed")]
    fake_helm(tmp_path / "bin", history=history, values='{"replicas": 5}')
    (tmp_path / "none.yaml").write_text("# nothing yet\n---\n", "utf-8")
    assert timeout(ALONE, "--wait") == planned(ALONE, replicas=5)
    assert timeout(ALONE, "--wait", "-f", tmp_path / "none.yaml") == planned(ALONE, replicas=5)
    assert timeout(ALONE, "--wait", "--set", "engine.port=8001") == planned(ALONE)


def test_values_from_standard_input_reach_both(examples, planned, tmp_path):
    helm = fake_helm(tmp_path / "bin", does=f"cat > {tmp_path}/seen")
    done = run_program(
        "install", examples / "minimal.wings.yaml",
        "--output-dir", tmp_path / "out", "--helm", helm.path,
        *IMAGE, "--wait", "-f", "-", stdin="replicas: 5\n",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "seen").read_text("utf-8") == "replicas: 5\n"
    assert planned(ALONE, replicas=5) in (helm.arguments or [])


class TestAnExplicitOne:
    @pytest.fixture
    def warned(self, wingsctl, examples, helm, tmp_path):
        def run(*arguments: str) -> str:
            place = ("--output-dir", tmp_path / "out", "--helm", helm.path)
            outcome = wingsctl(
                "install", examples / "minimal.wings.yaml", *place, *IMAGE, *arguments
            )
            assert outcome.code == 0
            assert arguments[arguments.index("--timeout") + 1] in helm.arguments
            return outcome.stderr

        return run

    def test_that_is_too_short_wins_with_a_warning(self, warned, planned):
        text = warned("--rollback-on-failure", "--timeout", "20m", "--set", "replicas=5")
        needed = planned(ALONE, replicas=5).removesuffix("s")
        assert f"startup: --timeout 20m is shorter than the {needed} s that a rollout" in text

    @pytest.mark.parametrize("given", ["3h", "1h30.5m", "soon"])
    def test_that_is_long_enough_or_odd_is_taken_as_it_is(self, given, warned):
        assert warned("--wait", "--timeout", given).startswith("+ ")

    def test_is_not_judged_where_nothing_waits(self, warned):
        assert warned("--timeout", "1s").startswith("+ ")


def test_values_that_the_chart_refuses_are_left_to_helm(wingsctl, examples, helm, tmp_path):
    place = ("--output-dir", tmp_path / "out", "--helm", helm.path)
    path = examples / "minimal.wings.yaml"
    outcome = wingsctl("install", path, *place, *IMAGE, "--wait", "--set", "replica=2")
    assert "no time-out is computed from them" in outcome.stderr
    assert "--timeout" in helm.arguments


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("0", 0), ("100ms", 0.1), ("5", None),
     ("", None), ("1h 3m", None), ("-5m", None)],
)  # fmt: skip
def test_durations_as_helm_reads_them(text, seconds):
    assert parse_duration(text) == seconds
