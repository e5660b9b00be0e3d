"""Charts and profiles through a Git that changes line endings, as Git for Windows does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.trees import texts

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"


def git(folder: Path, *arguments: object) -> None:
    """Git with no settings but those given here."""
    settings = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.safecrlf=false")
    command = ["git", *settings, *map(str, arguments)]
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    env = {**os.environ, **clean}
    subprocess.run(command, cwd=folder, env=env, check=True, capture_output=True)


def checked_out(repository: Path, target: Path) -> Path:
    """A commit of everything, cloned as Git for Windows does by default."""
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "charts")
    git(repository.parent, "clone", "-q", "-c", "core.autocrlf=true", repository, target)
    return target


def with_crlf(chart: Path) -> dict[str, str]:
    """All files with the line endings of Windows; the texts as they were."""
    before = texts(chart)
    for path in before:
        data = (chart / path).read_bytes()
        (chart / path).write_bytes(data.replace(b"\n", b"\r\n"))
    return before


@pytest.fixture
def chart(wingsctl, tmp_path) -> Path:
    assert wingsctl("render", MINIMAL, "--output-dir", tmp_path / "charts").code == 0
    return tmp_path / "charts" / "chat"


@pytest.fixture
def render(wingsctl, chart):
    return lambda *more: wingsctl("render", MINIMAL, "--output-dir", chart.parent, *more)


def test_git_leaves_the_bytes_of_a_chart_alone(chart, tmp_path, wingsctl):
    (chart.parent / "other.txt").write_text("a\n")
    clone = checked_out(chart.parent, tmp_path / "clone")
    assert (clone / "other.txt").read_bytes() == b"a\r\n", "this git changes nothing anyway"
    assert wingsctl("render", "--check", MINIMAL, "--output-dir", clone).code == 0
    assert b"\r" not in (clone / "chat" / "files" / "engine-entrypoint.sh").read_bytes()


def test_the_attributes_are_not_packaged(chart, helm, tmp_path):
    done = helm.run("package", chart, "-d", tmp_path)
    assert done.returncode == 0, done.stderr
    (package,) = tmp_path.glob("*.tgz")
    listed = subprocess.run(["tar", "tzf", package], check=True, capture_output=True, text=True)
    assert "chat/values.yaml" in listed.stdout
    assert ".git" not in listed.stdout


def test_check_says_so_in_one_line(chart, render):
    count = len(with_crlf(chart)) - 1  # the marker does not count
    outcome = render("--check")
    assert outcome.code == 10
    assert outcome.stdout == (
        f"{chart}: line endings differ (CRLF): .gitattributes, .helmignore, Chart.yaml, "
        f"files/engine-entrypoint.sh, templates/NOTES.txt and {count - 5} more\n"
    )
    assert outcome.stderr == (
        f"error: not as rendered: {chart}\n  run wingsctl render without --check\n"
    )


def test_check_shows_what_else_differs(chart, render):
    with_crlf(chart)
    values = chart / "values.yaml"
    values.write_bytes(values.read_bytes().replace(b"\nreplicas: 1\r\n", b"\nreplicas: 7\r\n"))
    outcome = render("--check")
    first, *rest = outcome.stdout.splitlines()
    assert first.startswith(f"{chart}: line endings differ (CRLF): .gitattributes, ")
    assert [line for line in rest if line.startswith(("-", "+"))] == [
        f"--- {values}", f"+++ {values} (rendered)", "-replicas: 7", "+replicas: 1",
    ]  # fmt: skip


def test_render_writes_them_again(chart, render):
    before = with_crlf(chart)
    outcome = render()
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"{chart}: written\n", "")
    assert texts(chart) == before
    assert not any(b"\r" in path.read_bytes() for path in chart.rglob("*") if path.is_file())
    assert list(chart.parent.iterdir()) == [chart]


def test_a_changed_profile_replaces_such_a_chart(chart, wingsctl, tmp_path):
    with_crlf(chart)
    profile = tmp_path / "p.wings.yaml"
    profile.write_text(MINIMAL.read_text() + "replicas: 3\n")
    outcome = wingsctl("render", profile, "--output-dir", chart.parent)
    assert (outcome.code, outcome.stderr.count("was rendered from")) == (0, 1)
    assert "\nreplicas: 3\n" in (chart / "values.yaml").read_text()


def test_an_edit_among_them_is_still_protected(chart, render):
    with_crlf(chart)
    values = chart / "values.yaml"
    values.write_bytes(values.read_bytes().replace(b"\nreplicas: 1\r\n", b"\nreplicas: 7\r\n"))
    outcome = render()
    assert outcome.code == 5
    assert (
        "holds files that were changed since wingsctl wrote them: values.yaml\n" in outcome.stderr
    )


def test_a_profile_with_them_renders_the_same_chart(chart, wingsctl, tmp_path):
    profile = tmp_path / "p.wings.yaml"
    profile.write_bytes(MINIMAL.read_bytes().replace(b"\n", b"\r\n"))
    outcome = wingsctl("render", "--check", profile, "--output-dir", chart.parent)
    assert outcome.code == 0, outcome.stdout


@pytest.mark.parametrize("is_crlf", [False, True])
def test_a_chart_without_attributes_gets_them(is_crlf, chart, render):
    """Those of older versions have none, and their marker does not know any."""
    (chart / ".gitattributes").unlink()
    marker = chart / ".wingsctl.json"
    lines = [line for line in marker.read_text().splitlines() if ".gitattributes" not in line]
    marker.write_text("\n".join(lines) + "\n")
    if is_crlf:
        with_crlf(chart)
    assert f"+++ {chart}/.gitattributes (rendered)\n" in render("--check").stdout
    outcome = render()
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, f"{chart}: written\n", "")
    assert (chart / ".gitattributes").read_text() == "* -text\n"


def test_scripts_and_expected_output_of_this_project_keep_theirs(tmp_path):
    """By the attributes alone: a copy of them, and one file of each kind."""
    source = tmp_path / "source"
    source.mkdir()
    names = [".gitattributes", "chart-templates/core/.gitattributes", "tools/system.sh"]
    names += ["chart-templates/core/files/engine-entrypoint.sh", "examples/minimal.wings.yaml"]
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    clone = checked_out(source, tmp_path / "clone")
    assert not [name for name in names if b"\r" in (clone / name).read_bytes()]
