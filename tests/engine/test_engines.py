"""The judges are the engines that the locks name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.engines import LOCKS, NAMES, Engine


@pytest.mark.parametrize("name", NAMES)
def test_the_judge_is_that_of_the_lock(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine: Engine = request.getfixturevalue(name)
    asked = f"import importlib.metadata; print(importlib.metadata.version({LOCKS[name][1]!r}))"
    done = engine.run("-c", asked, folder=tmp_path, seconds=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == engine.version
