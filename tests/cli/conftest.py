"""wingsctl beside programs that stand in for helm and kubectl."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.commands import Outcome, run_wingsctl


@pytest.fixture
def beside_fakes(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Outcome]:
    """Runs wingsctl in this process, with the programs of tmp_path/bin first on its PATH.

    What these print themselves is in the outcome too.
    """

    def run(*arguments: object, **env: str) -> Outcome:
        path = os.pathsep.join([str(tmp_path / "bin"), "/usr/bin", "/bin"])
        return run_wingsctl(capfd, [str(each) for each in arguments], {"PATH": path, **env})

    return run
