"""`--force` replaces a chart, never anything else, and keeps what wingsctl did not write."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT, fake_helm
from tests.support.trees import snapshot, texts

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"
ELSEWHERE = "  move it away, or choose another directory with --output-dir\n"


@pytest.fixture
def force(wingsctl, tmp_path):
    """Renders the example, whose name is chat, below tmp_path."""
    return lambda *more: wingsctl("render", MINIMAL, "--output-dir", tmp_path, "--force", *more)


@pytest.fixture
def chart(wingsctl, tmp_path) -> Path:
    assert wingsctl("render", MINIMAL, "--output-dir", tmp_path).code == 0
    return tmp_path / "chat"


def test_a_repository_stays(force, wingsctl, tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path / "chat"], check=True)
    (tmp_path / "chat" / "Chart.yaml").write_text("name: service\n")
    (tmp_path / "chat" / "main.go").write_text("package main\n")
    before = snapshot(tmp_path)
    for outcome in (wingsctl("render", MINIMAL, "--output-dir", tmp_path), force()):
        assert outcome.code == 5
        assert outcome.stderr == (
            f"error: {tmp_path}/chat is a Git repository of its own\n{ELSEWHERE}"
        )
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("made", ["worktree", "chart that became a repository"])
def test_a_repository_stays_in_whatever_form(made, force, chart):
    if made == "worktree":
        (chart / ".git").write_text("gitdir: /elsewhere\n")
    else:
        subprocess.run(["git", "init", "-q", chart], check=True)
    (chart / "Chart.yaml").write_text("name: changed\n")
    before = snapshot(chart.parent)
    assert force().stderr == f"error: {chart} is a Git repository of its own\n{ELSEWHERE}"
    assert snapshot(chart.parent) == before


def test_a_directory_that_is_no_chart_stays(force, wingsctl, tmp_path):
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "notes.txt").write_text("mine")
    for outcome in (wingsctl("render", MINIMAL, "--output-dir", tmp_path), force()):
        assert outcome.code == 5
        assert outcome.stderr == (f"error: {tmp_path}/chat exists and is not a chart\n{ELSEWHERE}")
    assert texts(tmp_path) == {"chat/notes.txt": "mine"}


def test_a_file_stays(force, tmp_path):
    (tmp_path / "chat").write_text("mine")
    assert force().stderr == f"error: {tmp_path}/chat is not a directory\n{ELSEWHERE}"
    assert texts(tmp_path) == {"chat": "mine"}


@pytest.mark.parametrize("place", ["home", "current directory", "below"])
def test_a_place_in_use_stays(place, force, chart, tmp_path):
    (chart / "mine").write_text("work")
    before = snapshot(chart)
    with pytest.MonkeyPatch.context() as patch:
        if place == "home":
            patch.setenv("HOME", str(chart))
            patch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        else:
            patch.chdir(chart if place == "current directory" else chart / "templates")
        outcome = force()
    assert outcome.code == 5
    assert "the home or current directory\n" in outcome.stderr
    assert snapshot(chart) == before


def test_an_edited_chart_is_kept_whole_and_named(force, wingsctl, chart):
    (chart / "values.yaml").write_text("replicas: 7\n")
    (chart / "ci").mkdir()
    (chart / "ci" / "test.yaml").write_text("mine\n")
    refused = wingsctl("render", MINIMAL, "--output-dir", chart.parent)
    assert refused.code == 5
    assert f"--force moves all that is there to {chart}.old\n" in refused.stderr
    outcome = force()
    assert (outcome.code, outcome.stdout) == (0, f"{chart}: written\n")
    assert outcome.stderr == (
        f"{chart}:1:1: warning: held what wingsctl did not write: ci/test.yaml, values.yaml\n"
        f"    the old directory is now {chart}.old\n"
    )
    old = texts(chart.with_name("chat.old"))
    assert (old["values.yaml"], old["ci/test.yaml"]) == ("replicas: 7\n", "mine\n")
    assert "ci/test.yaml" not in texts(chart)
    assert wingsctl("render", "--check", MINIMAL, "--output-dir", chart.parent).code == 0


def test_a_chart_of_helm_create_is_kept(force, tmp_path):
    (tmp_path / "chat" / "templates").mkdir(parents=True)
    (tmp_path / "chat" / "Chart.yaml").write_text("name: chat\n")
    (tmp_path / "chat" / "templates" / "a.yaml").write_text("a: 1\n")
    before = texts(tmp_path / "chat")
    assert force().code == 0
    assert texts(tmp_path / "chat.old") == before


def test_a_chart_of_wingsctl_alone_leaves_nothing_behind(force, chart, tmp_path):
    profile = tmp_path / "p.wings.yaml"
    profile.write_text(MINIMAL.read_text() + "replicas: 3\n")
    assert force().stdout == f"{chart}: unchanged\n"
    assert sorted(tmp_path.iterdir()) == [chart, profile]


def test_the_json_envelope_names_the_place(force, chart):
    (chart / "mine").write_text("work")
    envelope = json.loads(force("--output", "json").stdout)
    assert envelope["ok"]
    (moved,) = envelope["problems"]
    assert (moved["severity"], moved["hint"]) == (
        "warning",
        f"the old directory is now {chart}.old",
    )
    assert "mine" in moved["message"]


def test_install_does_the_same(wingsctl, chart, tmp_path):
    helm = fake_helm(tmp_path / "bin")
    command = ["install", MINIMAL, "--output-dir", chart.parent, "--helm", helm.path]
    (chart / "values.yaml").write_text("replicas: 7\n")
    assert wingsctl(*command).code == 5
    assert helm.arguments is None
    outcome = wingsctl(*command, "--force")
    assert outcome.code == 0
    assert f"the old directory is now {chart}.old\n" in outcome.stderr
    assert (chart.with_name("chat.old") / "values.yaml").read_text() == "replicas: 7\n"
    (chart / ".git").mkdir()
    (chart / "values.yaml").write_text("replicas: 8\n")
    assert "is a Git repository" in wingsctl(*command, "--force").stderr


class TestManyProfiles:
    @pytest.fixture
    def both(self, wingsctl, tmp_path):
        other = tmp_path / "other.wings.yaml"
        other.write_text(MINIMAL.read_text().replace("name: chat", "name: other"))
        return lambda *more: wingsctl(
            "render", MINIMAL, other, "--output-dir", tmp_path / "charts", *more
        )

    def test_one_that_is_refused_keeps_all_as_they_were(self, both, tmp_path):
        for name in ("chat", "other"):
            (tmp_path / "charts" / name).mkdir(parents=True)
            (tmp_path / "charts" / name / "Chart.yaml").write_text("mine\n")
        (tmp_path / "charts" / "other" / ".git").mkdir()
        before = snapshot(tmp_path / "charts")
        assert both("--force").code == 5
        assert snapshot(tmp_path / "charts") == before

    def test_what_was_moved_is_named_even_if_a_later_one_fails(self, both, tmp_path):
        (tmp_path / "charts" / "chat").mkdir(parents=True)
        (tmp_path / "charts" / "chat" / "Chart.yaml").write_text("mine\n")
        (tmp_path / "charts" / "other").symlink_to("/proc/charts/other")
        outcome = both("--force")
        assert outcome.code == 5
        assert f"the old directory is now {tmp_path}/charts/chat.old\n" in outcome.stderr
        assert "error: cannot write /proc/charts/other: " in outcome.stderr

    @pytest.mark.parametrize("is_relative", [False, True])
    def test_two_names_of_one_directory(self, is_relative, wingsctl, tmp_path):
        other = tmp_path / "other.wings.yaml"
        other.write_text(MINIMAL.read_text().replace("name: chat", "name: other"))
        (tmp_path / "charts").mkdir()
        (tmp_path / "charts" / "other").symlink_to("chat")
        place = Path("charts") if is_relative else tmp_path / "charts"
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            outcome = wingsctl("render", MINIMAL, other, "--output-dir", place, "--force")
        assert outcome.code == 5
        assert outcome.stderr == (
            f"error: {place}/other and {place}/chat are one directory\n"
            "  one is a symbolic link to the other: remove it\n"
        )
        assert not (tmp_path / "charts" / "chat").exists()

    def test_through_an_output_directory_that_is_a_link(self, both, tmp_path):
        (tmp_path / "real").mkdir()
        (tmp_path / "charts").symlink_to("real")
        assert both().code == 0
        assert sorted(path.name for path in (tmp_path / "real").iterdir()) == ["chat", "other"]
