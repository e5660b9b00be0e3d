"""tools/system.sh finds or names programs, and programs.txt lists all that are called."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.support.called_programs import (
    called_by_make,
    called_by_python,
    called_by_shell,
    defined_functions,
)

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tools" / "system.sh"
TABLE = ROOT / "tools" / "programs.txt"
ALWAYS = {"debian", "prerequisites"}
PARTS = {
    ".ci/run": set(),
    "Makefile": set(),
    "benchmarks/": {"everyday"},
    "sidecar/benchmarks/": {"benchmarks"},
    "sidecar/proof/": {"engine"},
    "sidecar/proof/clients": {"clients"},
    "sidecar/proof/image.sh": {"images", "image-proof"},
    "sidecar/proof/test_clients.py": {"clients", "go"},
    "sidecar/proof/test_image.py": {"images", "image-proof"},
    "sidecar/tests/": {"everyday"},
    "tests/": {"everyday"},
    "tests/cluster/": {"cluster"},
    "tests/cluster/fresh_machine": {"fresh-machine"},
    "tests/cluster/images/": {"images"},
    "tests/cluster/deep/test_fresh_machine": {"fresh-machine"},
    "tests/cluster/proofs/": {"cluster", "prerequisites"},
    "tools/": set(),
    "tools/go/": {"go"},
    "tools/images/": {"images"},
}
"""The parts that a file may count on; the longest beginning of its path decides."""
DATA = {"golden", "from-0.1.0", "manifests"}
"""Folders whose scripts only tests read."""
FILES = [
    *(ROOT / name for name in (".ci/run", "Makefile")),
    *(
        path
        for folder in ("benchmarks", "sidecar", "tests", "tools")
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in (".py", ".sh") and not DATA & {*path.parts}
    ),
]
BUILT = set(re.findall(r"[\w-]+", (ROOT / "tools/go/build.sh").read_text(encoding="utf-8")))
OF_WINGSCTL = {"install"}


def rows() -> list[tuple[str, str, list[str]]]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return [(part, package, programs) for part, package, *programs in words]


def listed(parts: Iterable[str]) -> set[str]:
    return {name for part, _, programs in rows() if part in parts for name in programs}


def called_by(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return called_by_make(text) if path.name == "Makefile" else called_by_shell(text)
    if "subprocess" not in text:
        return set()
    # Many a list begins with a word that is no program.
    return {name for name in called_by_python(text) - BUILT - OF_WINGSCTL if shutil.which(name)}


def known_to(path: Path) -> set[str]:
    name = path.relative_to(ROOT).as_posix()
    begin = max((each for each in PARTS if name.startswith(each)), key=len, default="")
    return listed(ALWAYS | PARTS.get(begin, set()))


def test_all_programs_that_are_called_are_listed_for_the_part():
    unlisted = {
        path.relative_to(ROOT).as_posix(): called_by(path) - known_to(path) for path in FILES
    }
    assert not {name: found for name, found in unlisted.items() if found}


def test_no_function_has_the_name_of_a_program():
    """`command -v NAME` would find the function on a machine without the program."""
    every = listed(part for part, *_ in rows())
    scripts = [path for path in FILES if path.suffix == ".sh"]
    functions = {path.name: defined_functions(path.read_text(encoding="utf-8")) for path in scripts}
    assert not {name: found & every for name, found in functions.items() if found & every}


def test_every_part_has_rows():
    assert {part for parts in PARTS.values() for part in parts} <= {part for part, *_ in rows()}


def test_called_programs_are_found_in_all_places():
    script = """\
    # comment
    key=$( (echo; cat "$a") | cksum | cut -f1)
    find . -exec stat {} + | LC_ALL=C sort >x
    case $1 in
      one | two) ls ;;
      *) [ "$(id -u)" = 0 ] || { rm -f x; } ;;
    esac
    own() { exec dd "$@"; }
    trap 'umount x' EXIT
    if ! grep -q "touch this" x; then own; fi
    as_user="setpriv --reuid 1"
    """
    found = "cat cksum cut dd find grep id ls rm setpriv sort stat umount"
    assert called_by_shell(script) == set(found.split())
    assert called_by_make("a: b\n\t@cd x && $(BIN)/y; touch $@\n") == {"touch"}
    assert called_by_python("run(['ip', x]); A = ['nft']; _run('mount', y)") == {
        "ip", "nft", "mount",
    }  # fmt: skip


@pytest.fixture
def system(tmp_path):
    """Runs system.sh for a part `tested` of this one row, as a user who installs nothing."""

    def run(row: str, part: str = "tested", **environment: str) -> subprocess.CompletedProcess[str]:
        table = tmp_path / "programs.txt"
        table.write_text(f"{part} {row}\n", encoding="utf-8")
        (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
        (tmp_path / "id").chmod(0o755)
        kept = {key: text for key, text in os.environ.items() if key != "CI"}
        path = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
        return subprocess.run(
            ["sh", str(SCRIPT), "-f", str(table), part],
            env={**kept, **path, **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_nothing_is_printed_where_nothing_is_missing(system):
    done = system("coreutils cat /etc/passwd sort")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["no-such-program", "/no/such/file", "libnosuch.so.1"])
def test_what_is_missing_is_named_with_its_package(system, name):
    done = system(f"some-package {name}")
    assert done.returncode == 1
    assert f"{name} is missing; Debian's package some-package has it" in done.stderr


def test_a_function_or_a_folder_or_a_plain_file_is_no_program(system, tmp_path):
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-file").touch()
    function = {"BASH_FUNC_a-function%%": "() { true; }"}
    done = system("some-package a-folder a-file a-function missing printf-me", **function)
    named = re.findall(r"tools: (\S+) is missing", done.stderr)
    assert named == ["a-folder", "a-file", "a-function", "missing", "printf-me"]


def test_names_of_the_script_itself_and_builtins_are_no_programs(system):
    done = system("some-package is_there export")
    assert re.findall(r"tools: (\S+) is missing", done.stderr) == ["is_there", "export"]


def test_programs_of_administrators_are_found_without_their_folders_on_the_path(system):
    name = next(
        path.name
        for path in Path("/usr/sbin").iterdir()
        if not shutil.which(path.name, path="/usr/bin:/bin")
    )
    assert system(f"some-package {name}").returncode == 0


@pytest.mark.parametrize(("ci", "code"), [({}, 0), ({"CI": "true"}, 1)], ids=["a user", "CI"])
def test_only_the_everyday_tests_do_without_and_not_in_ci(system, ci, code):
    done = system("some-package no-such-program", part="everyday", **ci)
    assert done.returncode == code
    assert "no-such-program is missing" in done.stderr


def test_a_program_without_a_package_refers_to_the_page(system):
    done = system("- no-such-program")
    assert done.returncode == 1
    assert "no-such-program is missing, and no package has it: see CONTRIBUTING.md" in done.stderr


def test_a_part_that_is_not_in_the_table_is_an_error():
    done = subprocess.run(
        ["sh", str(SCRIPT), "images", "imges"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "has no part 'imges'" in done.stderr
