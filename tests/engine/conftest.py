"""Fixtures of the tests that ask a real engine: `make judge` installs them, and runs these."""

from __future__ import annotations

import pytest

from tests.engine.engines import Engine, installed
from tests.engine.hearing import Heard, hear
from tests.engine.judged_models import changed, sample
from tests.models.evidence import models

ALL = "--all-models"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(ALL, action="store_true", help="Ask about every model of the catalog.")


@pytest.fixture(scope="session")
def vllm() -> Engine:
    """The vLLM of the proofs, for the CPU."""
    return installed("vllm")


@pytest.fixture(scope="session")
def sglang() -> Engine:
    """The SGLang of the proofs, beside it."""
    return installed("sglang")


@pytest.fixture(scope="session")
def heard(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Heard]:
    """What both engines say of all that they are asked in a run."""
    names = sorted(models() if request.config.getoption(ALL) else {*sample(), *changed()})
    return hear(names, tmp_path_factory.mktemp("heard"))
