"""The real vLLM takes what charts of all catalog models start it with. It needs no cluster."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.proofs.figures import Figures
from tests.engine.engines import installed
from tests.engine.model_verdicts import judge_models
from tests.models.evidence import models

COVERS = (
    "chart-templates", "profiles", "sidecar/proof/engine.sh", "sidecar/proof/sglang.sh",
    "sidecar/requirements-engine.txt", "sidecar/requirements-sglang.txt", "tools/models/configs",
    "tools/models/hf_quant", "tools/models/sources.yaml", "tools/models/twins.yaml",
    "tests/engine/inside", "wingsctl",
)  # fmt: skip
CARDS_EACH = 1
LEAST_ACCEPTED = 250


def test_vllm_takes_all_models(tmp_path: Path, figures: Figures) -> None:
    result = judge_models(installed("vllm"), sorted(models()), CARDS_EACH, tmp_path)
    figures("models that vLLM takes", result.accepted)
    figures("command lines that it was asked", result.questions)
    assert result.complaints == []
    assert result.accepted >= LEAST_ACCEPTED
