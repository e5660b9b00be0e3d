"""The real SGLang takes what charts of all catalog models start it with. It needs no cluster."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.proofs.figures import Figures
from tests.engine.engines import installed
from tests.engine.model_verdicts import check_all_models

COVERS = (
    "chart-templates", "profiles", "sidecar/proof/engine.sh", "sidecar/proof/sglang.sh",
    "sidecar/requirements-engine.txt", "sidecar/requirements-sglang.txt", "tools/models/configs",
    "tools/models/hf_quant", "tools/models/sources.yaml", "tools/models/twins.yaml",
    "tests/engine/inside", "wingsctl",
)  # fmt: skip
LEAST_ACCEPTED = 250


def test_sglang_takes_all_models(tmp_path: Path, figures: Figures) -> None:
    check_all_models(
        installed("sglang"), "models that SGLang takes", LEAST_ACCEPTED, figures, tmp_path
    )
