"""The cache is used only where no other user can write, and what is damaged is not read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.support.system_programs import need_that
from tests.support.trees import snapshot
from wingsctl.adapters.user_cache import cache_dir, keep, kept

CONTENT = b"what is kept"
NOBODY = 65534
FOLDERS = (".", "wingsctl", "wingsctl/things")


def folder_of(base: Path | str, **more: str) -> Path | None:
    """The directory of a kind of things, with the cache below this base."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"XDG_CACHE_HOME": str(base), **more}.items():
            patch.setenv(name, value)
        return cache_dir("things")


def read(base: Path) -> bytes | None:
    """What wingsctl finds of the file in a cache below this base."""
    folder = folder_of(base)
    return folder and kept(folder / "file")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A cache that holds one file."""
    folder = folder_of(tmp_path / "cache")
    assert folder
    keep(folder / "file", CONTENT)
    return tmp_path / "cache"


@pytest.fixture
def file(base: Path) -> Path:
    return base / "wingsctl" / "things" / "file"


def test_what_was_kept_is_read_again(base, file):
    assert read(base) == CONTENT
    assert file.read_bytes().endswith(CONTENT)


def test_a_directory_that_others_may_write_is_not_used(base):
    """But for a base that is sticky, as /tmp is."""
    used = []
    for mode, below in product((0o770, 0o702, 0o1777), FOLDERS):
        (base / below).chmod(mode)
        before = snapshot(base)
        if read(base) is not None:
            used.append((oct(mode), below))
        assert snapshot(base) == before
        (base / below).chmod(0o700)
        assert read(base) == CONTENT
    assert used == [("0o1777", ".")]


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_nothing_is_made_in_a_directory_that_others_may_write(mode, tmp_path):
    tmp_path.chmod(mode)
    (tmp_path / "cache").mkdir()
    for base in (tmp_path, tmp_path / "cache", tmp_path / "new"):
        assert folder_of(base) is None
    assert not (tmp_path / "wingsctl").exists()
    assert not list((tmp_path / "cache").iterdir())
    tmp_path.chmod(0o700)


def test_what_belongs_to_another_user_is_not_used(base):
    need_that(os.geteuid() == 0, "only root can give files away")
    for below in (*FOLDERS, "wingsctl/things/file"):
        os.chown(base / below, NOBODY, NOBODY)
        assert read(base) is None, below
        os.chown(base / below, 0, 0)
        assert read(base) == CONTENT


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_not_used(mode, base, file):
    file.chmod(mode)
    assert read(base) is None


@pytest.mark.parametrize("below", ["wingsctl", "wingsctl/things", "wingsctl/things/file"])
def test_links_inside_are_not_followed(below, base, tmp_path):
    (base / below).symlink_to((base / below).rename(tmp_path / "moved"))
    assert (base / "wingsctl/things/file").read_bytes().endswith(CONTENT)
    assert read(base) is None


def test_a_base_that_is_a_link_is_judged_by_where_it_leads(base, tmp_path):
    link, shared = tmp_path / "link", tmp_path / "shared"
    link.symlink_to(base)
    assert read(link) == CONTENT
    shared.mkdir()
    base.rename(shared / "cache")
    link.unlink()
    link.symlink_to(shared / "cache")
    assert read(link) == CONTENT
    shared.chmod(0o777)
    assert read(link) is None


@pytest.fixture
def no_mask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_all_is_made_for_this_user_only(no_mask, base):
    made = [base, *base.rglob("*")]
    assert {path.stat().st_mode & 0o077 for path in made} == {0}
    assert len(made) == 4


@pytest.mark.parametrize("name", ["", "relative", "./x", "/none/such/place"])
def test_no_directory_appears_where_none_is_wanted(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_of(name, HOME=str(tmp_path / "home" / "gone")) is None
    assert not list(tmp_path.iterdir())
    assert not Path("/none").exists()


def test_without_a_name_it_lies_in_the_home_directory(tmp_path):
    assert folder_of("", HOME=str(tmp_path)) == tmp_path / ".cache" / "wingsctl" / "things"


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:-1],
    "a list": lambda data: b"[]",
    "one bit": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_not_read_and_is_replaced(damage, base, file):
    whole = file.read_bytes()
    file.write_bytes(DAMAGE[damage](whole))
    assert read(base) is None
    keep(file, CONTENT)
    assert file.read_bytes() == whole
    assert read(base) == CONTENT


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "directory"])
def test_what_is_no_file_is_not_read(make, base, file):
    file.unlink()
    make(file)
    assert read(base) is None
    keep(file, CONTENT)
    assert list(file.parent.iterdir()) == [file]


def test_a_file_in_place_of_a_directory_is_no_failure(tmp_path):
    (tmp_path / "wingsctl").write_text("a file in the way")
    assert folder_of(tmp_path) is None
    assert folder_of(tmp_path / "wingsctl") is None
    assert folder_of(tmp_path / "wingsctl" / "below") is None
