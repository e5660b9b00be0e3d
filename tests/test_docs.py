"""The documentation against the program: commands run, links exist, options are real."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from typer.main import get_command

from tests.support.helm import HelmBinary, pick
from wingsctl.cli.main import app
from wingsctl.errors import WingsError

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
    if path.name != "sidecar-contract.md"
)
WITH_COMMANDS = [page for page in PAGES if "```console\n$ " in page.read_text(encoding="utf-8")]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED_FILE = re.compile(r"`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def ident(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def shell(tmp_path: Path, helm: HelmBinary) -> Path:
    """A directory whose bin/ holds wingsctl and the helm of this round."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "helm").symlink_to(helm.path)
    script = folder / "wingsctl"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wingsctl "$@"\n')
    script.chmod(0o755)
    return tmp_path


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder / "bin"), "/usr/bin", "/bin"])
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder)}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=ident)
def test_the_commands_of_a_page_print_what_the_page_shows(page, shell):
    text = page.read_text(encoding="utf-8")
    for name, content in NAMED_FILE.findall(text):
        path = shell / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    for language, block in FENCE.findall(text):
        if language == "console":
            run_block(shell, block)


def run_block(folder: Path, block: str) -> None:
    for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = session.replace("\\\n", "").splitlines()
        code = int(found[1]) if (found := re.search(r"# exits with (\d+)", command)) else 0
        done = run(folder, command)
        output = done.stdout + done.stderr
        assert done.returncode == code, f"$ {command}\n{output}"
        printed = squeezed(output)
        for line in shown:
            assert line.strip() == "..." or squeezed(line) in printed, (
                f"$ {command}\ndoes not print: {line}\nbut:\n{output}"
            )


@pytest.mark.parametrize("page", PAGES, ids=ident)
def test_relative_links_exist(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=ident)
def test_options_of_wingsctl_exist(page):
    known = {option for command in commands() for each in command.params for option in each.opts}
    known |= {"--help", "-h", "--version"}
    text = page.read_text(encoding="utf-8")
    for line in re.findall(r"wingsctl [^`\n]*", text):
        words = line.split("#")[0].split("|")[0].split()
        for word in words:
            if word.startswith("--") and word.strip("-"):
                option = re.match(r"--[a-z-]+", word)
                assert option is None or option[0] in known, f"{word} in: {line}"


def commands() -> list:
    root = get_command(app)
    first = list(root.commands.values())
    return [
        root,
        *first,
        *(leaf for each in first for leaf in getattr(each, "commands", {}).values()),
    ]


@pytest.mark.parametrize("page", PAGES, ids=ident)
def test_commands_of_wingsctl_exist(page):
    names = {*get_command(app).commands, "PROFILE"}
    text = page.read_text(encoding="utf-8")
    for block in FENCE.findall(text):
        for word in re.findall(r"(?:^|\$ |; |/)wingsctl ([a-z]+)", block[1], re.MULTILINE):
            assert word in names, word


def test_every_exit_code_is_documented():
    text = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    todo, codes = [WingsError], {0, 1, 2, 130}
    while todo:
        error = todo.pop()
        codes.add(error.exit_code)
        todo += error.__subclasses__()
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_the_readme_names_every_file_of_a_chart():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "chart-templates").rglob("*"):
        name = path.name.removesuffix(".j2")
        if path.is_file() and not name.startswith(("_", ".")):
            assert name in text, name


def test_make_targets_that_pages_name_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z]+)`", page.read_text(encoding="utf-8")):
            assert target in targets, f"{ident(page)}: make {target}"


def test_scripts_directory_is_what_the_tutorial_says():
    assert Path(sysconfig.get_path("scripts"), "helm").is_file()


RESTARTS = re.findall(
    r"^\| `([^`]+)` \| (yes|no) \|$",
    (ROOT / "docs" / "how-to" / "upgrade.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chart")
    profile = ROOT / "examples" / "minimal.wings.yaml"
    command = [sys.executable, "-m", "wingsctl", "render", profile, "-o", folder]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "chat"


@pytest.mark.parametrize(("setting", "answer"), RESTARTS, ids=[row[0] for row in RESTARTS])
def test_what_restarts_pods_is_what_the_page_says(chart, helm3, setting, answer):
    before, after = (
        pick(helm3.template(chart, *arguments), "Deployment")["spec"]["template"]
        for arguments in ([], ["--set", setting])
    )
    assert ("yes" if before != after else "no") == answer


def test_every_field_of_a_profile_is_described(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    from field_docs import field_docs, models_in

    from wingsctl.catalog.profile import Profile

    missing = [
        f"{model.__name__}.{name}"
        for model in models_in(Profile)
        for name in set(model.model_fields) - set(field_docs(model))
    ]
    assert not missing


def test_the_documented_envelope_is_the_real_one(wingsctl, tmp_path):
    text = (ROOT / "docs" / "reference" / "json-output.md").read_text(encoding="utf-8")
    shown = json.loads(next(block for language, block in FENCE.findall(text) if language == "json"))
    profile = tmp_path / "chat.wings.yaml"
    minimal = (ROOT / "examples" / "minimal.wings.yaml").read_text(encoding="utf-8")
    profile.write_text(minimal.split("\n", 1)[1].replace("engine: vllm", "engine: vlm"))
    outcome = wingsctl("validate", profile, "--output", "json")
    printed = json.loads(outcome.stdout.replace(f"{tmp_path}/", ""))
    assert printed == shown
    assert outcome.code == printed["error"]["exitCode"]
