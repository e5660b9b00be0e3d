"""`wingsctl models add` in a process of its own: the hubs' clients read the environment once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.commands import Outcome
from tests.support.model_hub import TOKEN, ModelHub
from tests.support.processes import ROOT

OUTSIDE = ("HF_", "HUGGING", "MODELSCOPE", "TRANSFORMERS_", "HTTP", "http", "NO_PROXY", "ALL")


def add(hub: ModelHub, home: Path, *arguments: object, **env: str) -> Outcome:
    """Adds to `home/catalog`; the environment has the hub's address, and no token."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OUTSIDE)}
    own = {"HF_ENDPOINT": hub.url, "MODELSCOPE_ENDPOINT": hub.url, "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "wingsctl", "models", "add", *map(str, arguments)],
        capture_output=True, text=True, check=False, cwd=home,
        env={**kept, **own, "PYTHONPATH": str(ROOT), **env}, timeout=120,
    )  # fmt: skip
    outcome = Outcome(done.returncode, done.stdout, done.stderr)
    assert TOKEN not in outcome.stdout + outcome.stderr
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


def entries(home: Path) -> list[str]:
    """Names of all files of the catalog, also of what is half written."""
    return sorted(each.name for each in (home / "catalog").rglob("*") if each.is_file())
