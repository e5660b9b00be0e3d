"""Commands use the cache as tests/adapters/test_user_cache.py wants it, and never need it."""

from __future__ import annotations

import marshal
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import PROGRAM, ROOT
from tests.support.system_programs import need_that
from tests.support.trees import snapshot, texts
from wingsctl.adapters.user_cache import keep, kept

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"
Render = Callable[[], str]


@pytest.fixture
def base(tmp_path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def render(wingsctl, base, tmp_path) -> Render:
    """Renders the example with that cache: all of the chart as one text."""

    def run() -> str:
        shutil.rmtree(tmp_path / "charts", ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_CACHE_HOME", str(base))
            outcome = wingsctl("render", MINIMAL, "--output-dir", tmp_path / "charts")
        assert (outcome.code, outcome.stderr) == (0, ""), outcome
        return "\n".join(texts(tmp_path / "charts").values())

    return run


def files(base: Path) -> list[Path]:
    found = sorted(path for path in (base / "wingsctl").glob("*/*") if path.is_file())
    assert {path.parent.name for path in found} == {"catalog", "charts", "templates"}
    found = [path for path in found if path.parent.name != "charts"]  # nothing is rendered from it
    assert len(found) > 10
    return found


def plant(path: Path) -> None:
    """Other code in place of a template; in the catalog another image. All keys are public."""
    content = kept(path)
    assert content is not None
    if path.parent.name == "templates":
        code = "name = ''\nblocks = {}\ndebug_info = ''\ndef root(context, missing=None):\n"
        keep(path, marshal.dumps(compile(code + "    yield 'planted: true'\n", "x", "exec")))
    else:
        keep(path, content.replace(b"vllm/vllm-openai", b"evil.example/vllm"))


def is_planted(chart: str) -> list[bool]:
    return [word in chart for word in ("planted: true", "evil.example/vllm")]


def test_what_is_planted_works_only_where_no_other_user_could_have(render, base):
    render()
    for path in files(base):
        plant(path)
    assert is_planted(render()) == [True, True], "else nothing here is believed anyway"
    base.chmod(0o770)
    before = snapshot(base)
    assert is_planted(render()) == [False, False]
    assert snapshot(base) == before
    base.chmod(0o700)
    for path in files(base):
        path.chmod(0o666)
    assert is_planted(render()) == [False, False]


def test_all_is_made_for_this_user_only(render, base):
    before = os.umask(0)
    try:
        render()
    finally:
        os.umask(before)
    assert files(base)
    assert {path.stat().st_mode & 0o077 for path in (base, *base.rglob("*"))} == {0}


def test_damaged_files_are_made_anew(render, base):
    clean = render()
    before = {path: path.read_bytes() for path in files(base)}
    for path, data in before.items():
        path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    assert render() == clean
    assert {path: path.read_bytes() for path in before} == before


def test_a_pipe_or_a_directory_in_place_of_a_file(render, base):
    clean = render()
    for number, path in enumerate(files(base)):
        path.unlink()
        os.mkfifo(path) if number % 2 else path.mkdir()
    assert render() == clean


def test_a_cache_that_cannot_be_written(base):
    """A limit on the size of files stands for a full disk."""
    base.mkdir(0o700)
    # Python itself would leave truncated byte code in the checkout.
    own = {"XDG_CACHE_HOME": str(base), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*PROGRAM, "plan", MINIMAL], env={**os.environ, **own},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert [path.name for path in base.glob("*/*")] == ["catalog"]
    assert not [path for path in base.rglob("*") if path.is_file()]


COMMANDS = [
    ["validate", str(MINIMAL)],
    ["plan", str(MINIMAL)],
    ["profiles", "list", "--kind", "fabrics"],
    ["render", str(MINIMAL), "--output-dir", "charts"],
]


def test_a_user_without_name_and_home(tmp_path, monkeypatch):
    """As in a container that is run with any number for its user; it may read all, as root may."""
    need_that(os.geteuid() == 0, "only root becomes another user")
    tmp_path.chmod(0o777)
    monkeypatch.chdir(tmp_path)
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    run_all = f"from wingsctl.cli.main import run\nprint([run(each) for each in {COMMANDS}])"
    done = subprocess.run(
        ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *rights,
         "env", "-u", "HOME", "-u", "XDG_CACHE_HOME", sys.executable, "-c", run_all],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\n[0, 0, 0, 0]\n")
    assert (tmp_path / "charts" / "chat" / "Chart.yaml").is_file()
