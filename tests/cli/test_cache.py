"""The cache: never needed, never believed where others may write, made again where damaged."""

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

from tests.support.commands import Outcome
from tests.support.processes import ROOT, run_program
from tests.support.trees import snapshot, texts
from wingsctl.adapters.user_cache import keep, kept

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
Render = Callable[[Path], Outcome]


@pytest.fixture
def render(wingsctl, tmp_path) -> Render:
    """Renders the example with a cache below this base."""

    def run(base: Path | str, **more: str) -> Outcome:
        shutil.rmtree(tmp_path / "charts", ignore_errors=True)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {"XDG_CACHE_HOME": str(base), **more}.items():
                patch.setenv(name, value)
            outcome = wingsctl("render", MINIMAL, "-o", tmp_path / "charts")
        assert (outcome.code, outcome.stderr) == (0, ""), outcome
        return outcome

    return run


@pytest.fixture
def chart(tmp_path) -> Callable[[], str]:
    """All of the rendered chart as one text."""
    return lambda: "\n".join(texts(tmp_path / "charts").values())


@pytest.fixture
def base(render, tmp_path) -> Path:
    """A cache that wingsctl has filled, in which other code and another image are then planted."""
    base = tmp_path / "cache"
    base.mkdir(0o755)
    render(base)
    for name in ("templates", "catalog"):
        files = list((base / "wingsctl" / name).iterdir())
        assert files
        for path in files:
            plant(path)
    return base


def plant(path: Path) -> None:
    """Other code in place of a template; in the catalog another image. All keys are public."""
    content = kept(path)
    assert content is not None
    if path.parent.name == "templates":
        code = "name = ''\nblocks = {}\ndebug_info = ''\ndef root(context, missing=None):\n"
        keep(path, marshal.dumps(compile(code + "    yield 'planted: true'\n", "x", "exec")))
    else:
        keep(path, content.replace(b"vllm/vllm-openai", b"evil.example/vllm"))


def test_what_is_planted_in_a_cache_of_ones_own_works(base, render, chart):
    """The proof that the tests below plant something that would be believed."""
    render(base)
    assert "planted: true" in chart()
    assert "evil.example/vllm" in chart()


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o1777])
@pytest.mark.parametrize("below", [".", "wingsctl", "wingsctl/{}"])
def test_a_directory_that_others_may_write_is_not_used(mode, below, base, render, chart):
    for name in ("templates", "catalog"):
        (base / below.format(name)).chmod(mode)
    before = snapshot(base)
    render(base)
    is_like_tmp = below == "." and mode == 0o1777
    assert ("planted: true" in chart()) == is_like_tmp
    assert ("evil.example/vllm" in chart()) == is_like_tmp
    assert snapshot(base) == before


@as_root
@pytest.mark.parametrize("below", [".", "wingsctl", "wingsctl/{}", "files"])
def test_what_belongs_to_another_user_is_not_used(below, base, render, chart):
    for name in ("templates", "catalog"):
        folder = base / "wingsctl" / name
        for path in folder.iterdir() if below == "files" else [base / below.format(name)]:
            os.chown(path, NOBODY, NOBODY)
    render(base)
    assert "planted: true" not in chart()
    assert "evil.example/vllm" not in chart()


def test_a_file_that_others_may_write_is_not_used(base, render, chart):
    for path in (base / "wingsctl").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o666)
    render(base)
    assert "planted: true" not in chart()
    assert "evil.example/vllm" not in chart()


@pytest.mark.parametrize("what", ["directory", "files"])
def test_links_inside_are_not_followed(what, base, render, chart, tmp_path):
    for folder in ("templates", "catalog"):
        place = base / "wingsctl" / folder
        for path in [place] if what == "directory" else list(place.iterdir()):
            moved = path.rename(tmp_path / f"{folder}-{path.name}")
            path.symlink_to(moved)
    render(base)
    assert "planted: true" not in chart()
    assert "evil.example/vllm" not in chart()


def test_a_base_that_is_a_link_is_judged_by_where_it_leads(base, render, chart, tmp_path):
    link, shared = tmp_path / "link", tmp_path / "shared"
    link.symlink_to(base)
    render(link)
    assert "planted: true" in chart()
    shared.mkdir()
    base.rename(shared / "cache")
    link.unlink()
    link.symlink_to(shared / "cache")
    shared.chmod(0o777)
    render(link)
    assert "planted: true" not in chart()


def test_directories_are_made_for_this_user_only(render, tmp_path):
    before = os.umask(0)
    try:
        render(tmp_path / "new")
    finally:
        os.umask(before)
    made = [tmp_path / "new", *(tmp_path / "new").rglob("*")]
    assert len(made) > 10
    assert {path.stat().st_mode & 0o077 for path in made} == {0}


@pytest.mark.parametrize("name", ["relative", "./x", "/none/such/place"])
def test_no_directory_appears_where_none_is_wanted(name, render, tmp_path):
    home = tmp_path / "home" / "gone"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        render(name, HOME=str(home))
    assert [path.name for path in tmp_path.iterdir()] == ["charts"]
    assert not Path("/none").exists()


DAMAGE = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:-1],
    "a list": lambda data: b"[]",
    "one bit": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_made_anew(damage, render, chart, tmp_path):
    base = tmp_path / "cache"
    render(base)
    clean = chart()
    files = {path: path.read_bytes() for path in (base / "wingsctl").rglob("*") if path.is_file()}
    assert len(files) > 10
    for path, data in files.items():
        path.write_bytes(DAMAGE[damage](data))
    render(base)
    assert chart() == clean
    assert {path: path.read_bytes() for path in files} == files


def test_a_pipe_or_a_directory_in_place_of_a_file(render, chart, tmp_path):
    base = tmp_path / "cache"
    render(base)
    clean = chart()
    for number, path in enumerate((base / "wingsctl").glob("*/*")):
        path.unlink()
        os.mkfifo(path) if number % 2 else path.mkdir()
    render(base)
    assert chart() == clean


@pytest.mark.parametrize("how", ["no room", "read-only"])
def test_a_cache_that_cannot_be_written(how, tmp_path):
    """A limit on the size of files stands for a full disk."""
    base = tmp_path / "cache"
    base.mkdir(0o700)
    if how == "read-only":
        (base / "wingsctl").write_text("a file in the way")
    limit = (
        (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        if how == "no room"
        else None
    )
    # Python itself would leave truncated byte code in the checkout.
    own = {"XDG_CACHE_HOME": str(base), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "wingsctl", "plan", MINIMAL],
        env={**os.environ, **own}, preexec_fn=limit,
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert not [path for path in base.rglob("*") if path.is_file() and path.name != "wingsctl"]


COMMANDS = [
    ["validate", MINIMAL],
    ["plan", MINIMAL],
    ["profiles", "list", "--kind", "fabrics"],
    ["render", MINIMAL, "-o", "{}"],
]


@as_root
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda each: each[0])
def test_a_user_without_name_and_home(arguments, tmp_path):
    """As in a container that is run with any number for its user; it may read all, as root may."""
    tmp_path.chmod(0o777)
    rights = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    done = subprocess.run(
        ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", *rights,
         "env", "-u", "HOME", "-u", "XDG_CACHE_HOME", sys.executable, "-m", "wingsctl",
         *(str(each).format(tmp_path / "charts") for each in arguments)],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    if arguments[0] == "render":
        assert (tmp_path / "charts" / "chat" / "Chart.yaml").is_file()


def test_a_home_that_is_not_there(tmp_path):
    done = run_program(
        "validate", MINIMAL, env={"HOME": str(tmp_path / "none"), "XDG_CACHE_HOME": ""}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "none").exists()
