"""The documentation against the program: commands run, links exist, options are real."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from tests.support.commands import Outcome
from tests.support.helm import HELM_3, HELM_4, HelmBinary, pick
from tests.support.rows import check_rows
from tests.support.tools import find_tool, look_for
from wingsctl.adapters.yaml_files import parse_objects
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


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=ident)
def test_the_commands_of_a_page_print_what_the_page_shows(page, tmp_path, monkeypatch, wingsctl):
    monkeypatch.chdir(tmp_path)
    text = page.read_text(encoding="utf-8")
    for name, content in NAMED_FILE.findall(text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    for command, shown in sessions(text):
        code = int(found[1]) if (found := re.search(r"# exits with (\d+)", command)) else 0
        for done in outcomes(command, wingsctl):
            output = done.stdout + done.stderr
            assert done.code == code, f"$ {command}\n{output}"
            for line in missing_lines(shown, output):
                pytest.fail(f"$ {command}\ndoes not print: {line}\nbut:\n{output}")
            if command.startswith("helm template") and code == 0:
                assert shown == with_dots(shown, done.stdout), f"$ {command}"
    for name in HELMS:
        find_tool(name)  # the page has not been shown to hold for a helm that is missing


HELMS = (HELM_3, HELM_4)


def sessions(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a page, and what is shown below it."""
    for language, block in FENCE.findall(text):
        if language == "console":
            for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, *shown = session.replace("\\\n", "").splitlines()
                yield command, shown


def outcomes(command: str, wingsctl: Callable[..., Outcome]) -> Iterator[Outcome]:
    """How a command ends: wingsctl in this process, helm with each helm there is."""
    program = command.split(maxsplit=1)[0]
    if program == "wingsctl":
        yield wingsctl(*plain_words(command)[1:])
    elif program == "helm":
        for path in filter(None, map(look_for, HELMS)):
            done = HelmBinary(path).run(*plain_words(command)[1:])
            yield Outcome(done.returncode, done.stdout, done.stderr)
    else:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        yield Outcome(done.returncode, done.stdout, done.stderr)


def plain_words(command: str) -> list[str]:
    """The words of one program's command; what only a shell understands is not for pages."""
    words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    assert not set("();<>|&$`*?~") & {char for word in words for char in word[:1]}, command
    return shlex.split(command, comments=True)


def missing_lines(shown: list[str], output: str) -> list[str]:
    printed = squeezed(output)
    return [line for line in shown if line.strip() != "..." and squeezed(line) not in printed]


def with_dots(shown: list[str], output: str) -> list[str]:
    """What is shown of an output, in its order, with ... for whatever is left out."""
    printed = [line for line in map(squeezed, output.splitlines()) if line]
    marked, place = [], 0
    for line in shown:
        if line == "...":
            continue
        found = next((n for n in range(place, len(printed)) if squeezed(line) in printed[n]), None)
        assert found is not None, f"does not follow: {line}"
        marked += ["...", line] if found > place else [line]
        place = found + 1
    return [*marked, *(["..."] if place < len(printed) else [])]


def test_relative_links_exist():
    check_rows(PAGES, dead_links, ident)


def dead_links(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not (page.parent / target).exists():
            yield f"{target} is not there"


def test_options_of_wingsctl_exist():
    known = {option for command in commands() for each in command.params for option in each.opts}
    known |= {"--help", "-h", "--version"}
    check_rows(PAGES, lambda page: unknown_options(page, known), ident)


def unknown_options(page: Path, known: set[str]) -> Iterator[str]:
    for line in re.findall(r"wingsctl [^`\n]*", page.read_text(encoding="utf-8")):
        for word in re.split(r"#|\||\s--\s", line)[0].split():
            option = re.match(r"--[a-z-]+", word) if word.strip("-") else None
            if option and option[0] not in known:
                yield f"{word} in: {line}"


def commands() -> list:
    root = get_command(app)
    first = list(root.commands.values())
    return [
        root,
        *first,
        *(leaf for each in first for leaf in getattr(each, "commands", {}).values()),
    ]


def test_commands_of_wingsctl_exist():
    names = {*get_command(app).commands, "PROFILE"}
    check_rows(PAGES, lambda page: unknown_commands(page, names), ident)


def unknown_commands(page: Path, names: set[str]) -> Iterator[str]:
    for _, block in FENCE.findall(page.read_text(encoding="utf-8")):
        for word in re.findall(r"(?:^|\$ |; |/)wingsctl ([a-z]+)", block, re.MULTILINE):
            if word not in names:
                yield f"there is no wingsctl {word}"


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
    files = [path for path in (ROOT / "chart-templates").rglob("*") if path.is_file()]
    names = {path.name.removesuffix(".j2") for path in files if path.name[0] not in "_."}
    assert len(names) > 10
    assert not [name for name in sorted(names) if name not in text]


def test_make_targets_that_pages_name_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))

    def check(page: Path) -> Iterator[str]:
        for target in re.findall(r"`make ([a-z]+)`", page.read_text(encoding="utf-8")):
            if target not in targets:
                yield f"there is no make {target}"

    check_rows(PAGES, check, ident)


def test_scripts_directory_is_what_the_tutorial_says():
    assert Path(sysconfig.get_path("scripts"), "helm").is_file()


RESTARTS = re.findall(
    r"^\| `([^`]+)` \| (yes|no) \|$",
    (ROOT / "docs" / "how-to" / "upgrade.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_what_restarts_pods_is_what_the_page_says(wingsctl, helm3, tmp_path):
    wingsctl("render", ROOT / "examples" / "minimal.wings.yaml", "--output-dir", tmp_path)

    def pods(*arguments: str) -> object:
        done = helm3.run("template", "demo", tmp_path / "chat", *arguments)
        assert done.returncode == 0, done.stderr
        return pick(parse_objects(done.stdout), "Deployment")["spec"]["template"]

    before = pods()

    def check(row: tuple[str, str]) -> Iterator[str]:
        setting, answer = row
        if (pods("--set", setting) != before) != (answer == "yes"):
            yield f"is not {answer}"

    check_rows(RESTARTS, check, lambda row: row[0])


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
