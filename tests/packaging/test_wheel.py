"""The wheel, as users get it: built, installed into an empty environment, run elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.store import Store
from wingsctl import __version__

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = "deepseek-r1-distill-qwen-1.5b-t4.wings.yaml"
CATALOG = ("engines", "models", "accelerators", "fabrics", "triggers", "schema")
pytestmark = pytest.mark.slow
SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Python before 3.11.4, as Debian 12 has it, knows no filter."""


def run(command: Sequence[object], folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**clean, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


def build(source: Path, out: Path, kind: str) -> Path:
    run([sys.executable, "-m", "build", kind, "--no-isolation", "-o", out, source], out.parent)
    return next(path for path in out.iterdir() if path.suffix in (".whl", ".gz"))


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="session")
def wheel(store: Store) -> Path:
    made = store.directory("wheel", lambda place: build(ROOT, place / "dist", "--wheel"))
    return next((made / "dist").iterdir())


@pytest.fixture(scope="session")
def installed(wheel: Path, store: Store) -> Path:
    """The command in an environment with the wheel and its locked dependencies only."""

    def install(folder: Path) -> None:
        venv.create(folder / "env")
        pip = [sys.executable, "-m", "pip", "--python", folder / "env" / "bin" / "python"]
        options = ["install", "--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps"]
        locked = ["--require-hashes", "-r", ROOT / "requirements" / "run.txt"]
        run([*pip, *options, *locked], folder)
        run([*pip, *options, "--no-index", wheel], folder)

    return store.directory("installed", install) / "env" / "bin" / "wingsctl"


def test_the_wheel_carries_templates_catalog_and_recipes_and_no_tests(wheel):
    names = set(contents(wheel))
    for folder in ("chart-templates", "profiles", "examples"):
        shipped = {
            f"wingsctl/_assets/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file()
        }
        assert shipped <= names
    tops = {name.split("/")[0] for name in names}
    assert tops == {"wingsctl", f"wingsctl-{__version__}.dist-info"}
    assert not [name for name in names if "/tests/" in name and "chart-templates" not in name]


def test_the_wheel_names_licence_and_command(wheel):
    files = contents(wheel)
    info = f"wingsctl-{__version__}.dist-info"
    assert b"License-Expression: Apache-2.0" in files[f"{info}/METADATA"]
    assert b"wingsctl = wingsctl.__main__:main" in files[f"{info}/entry_points.txt"]
    assert f"{info}/licenses/LICENSE" in files


def test_the_installed_command_renders_what_the_checkout_renders(installed, tmp_path):
    shutil.copy(ROOT / "examples" / EXAMPLE, tmp_path)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    run([installed, "render", EXAMPLE, "--output-dir", "installed"], tmp_path, **cache)
    checkout = [sys.executable, "-m", "wingsctl", "render", EXAMPLE, "--output-dir", "checkout"]
    run(checkout, tmp_path, **cache)
    assert tree(tmp_path / "installed") == tree(tmp_path / "checkout")


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".wingsctl.json"
    }


def test_the_installed_command_does_the_rest(installed, tmp_path):
    assert run([installed, "--version"], tmp_path).stdout == f"wingsctl {__version__}\n"
    assert '"wingsctl profile"' in run([installed, "schema"], tmp_path).stdout
    assert "deepseek-r1-8xh200" in run([installed, "init", "--list-recipes"], tmp_path).stdout
    assert "nvidia-t4" in run([installed, "profiles", "list"], tmp_path).stdout
    minimal = run([installed, "example", "minimal"], tmp_path).stdout
    assert minimal == (ROOT / "examples" / "minimal.wings.yaml").read_text("utf-8")
    assert run([installed, "--help"], tmp_path).stdout.startswith("Usage: wingsctl")


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    archive = build(ROOT, tmp_path / "dist", "--sdist")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "source", **SAFELY)
    source = next((tmp_path / "source").iterdir())
    assert contents(build(source, tmp_path / "again", "--wheel")) == contents(wheel)
