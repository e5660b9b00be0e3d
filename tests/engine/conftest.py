"""Fixtures of the tests that ask a real engine: `make judge` installs them, and runs these."""

from __future__ import annotations

import pytest

from tests.engine.engines import Engine, installed
from tests.engine.hearing import Heard, hear


@pytest.fixture(scope="session")
def vllm() -> Engine:
    """The vLLM of the proofs, for the CPU."""
    return installed("vllm")


@pytest.fixture(scope="session")
def sglang() -> Engine:
    """The SGLang of the proofs, beside it."""
    return installed("sglang")


@pytest.fixture(scope="session")
def heard(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Heard]:
    """What both engines say of all that they are asked in a run."""
    return hear(tmp_path_factory.mktemp("heard"))
