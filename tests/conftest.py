"""Fixtures that every test may use: the command line, the helm binaries, a clean environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.commands import Outcome, run_wingsctl
from tests.support.helm import HELM_3, HELM_4, HelmBinary
from tests.support.store import Store
from tests.support.tools import find_tool

# Machines are shared: how long an example takes says nothing. CI tries the same examples each time.
settings.register_profile(
    "wingsctl",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("wingsctl")

ROOT = Path(__file__).resolve().parent.parent
pytest_plugins = ["tests.support.installations", "tests.support.old_charts"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Rewrite tests/golden.")


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """No variable of the developer's reaches a test, and no test leaves one behind."""
    for name in ("WINGSCTL_CATALOG", "WINGSCTL_GATEWAY_IMAGE", "HELM_BIN", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
    # Each program that a test starts would compile all its modules anew.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    before = dict(os.environ)
    yield
    changed = {key for key in {*before, *os.environ} if before.get(key) != os.environ.get(key)}
    assert changed <= {"PYTEST_CURRENT_TEST"}, f"the test changed {changed}"


@pytest.fixture
def wingsctl(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs the command line in this process: wingsctl("render", path, "-o", out)."""
    return lambda *arguments: run_wingsctl(capsys, [str(each) for each in arguments])


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What the session made already; pytest-xdist's workers have their folders side by side."""
    own = tmp_path_factory.getbasetemp()
    place = (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "store"
    place.mkdir(exist_ok=True)
    return Store(place)


@pytest.fixture(params=[HELM_3, HELM_4], ids=["helm3", "helm4"])
def helm(request: pytest.FixtureRequest, store: Store) -> HelmBinary:
    """Both supported majors of the real helm; missing is a failure in CI, else a skip."""
    return HelmBinary(find_tool(request.param), store)


@pytest.fixture
def helm3(store: Store) -> HelmBinary:
    """The real helm 3.17."""
    return HelmBinary(find_tool(HELM_3), store)


@pytest.fixture
def helm4(store: Store) -> HelmBinary:
    """The real helm 4."""
    return HelmBinary(find_tool(HELM_4), store)


@pytest.fixture(scope="session")
def helms(store: Store) -> dict[str, HelmBinary]:
    """Both majors, for tests that compare them or want one verdict."""
    return {name: HelmBinary(find_tool(name), store) for name in (HELM_3, HELM_4)}


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the shipped examples that a test may change."""
    return Path(shutil.copytree(ROOT / "examples", tmp_path / "examples"))
