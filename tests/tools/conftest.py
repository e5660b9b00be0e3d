"""The tools for models are run by an engine's Python, each a module beside the other."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).resolve().parent.parent.parent / "tools" / "models"


@pytest.fixture(scope="package", autouse=True)
def _importable():
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(MODELS))
        yield
    for name in [name for name, module in sys.modules.items() if _is_ours(module)]:
        del sys.modules[name]


def _is_ours(module):
    path = getattr(module, "__file__", None)
    return bool(path) and Path(path).parent == MODELS
