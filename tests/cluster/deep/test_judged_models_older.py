"""An older vLLM takes what charts of its version start it with. It needs no cluster."""

from __future__ import annotations

from pathlib import Path

from tests.cluster.proofs.figures import Figures
from tests.engine.engines import older_vllm
from tests.engine.model_verdicts import check_all_models
from tests.engine.questions import questions_of
from tests.engine.shipped_charts import for_version
from tests.engine.verdicts import ask, complaints, not_judged
from tests.support.helm import HELM_3, HelmBinary
from tests.support.tools import find_tool

COVERS = (
    "chart-templates", "examples", "profiles", "sidecar/proof/engine.sh", "sidecar/proof/sglang.sh",
    "sidecar/proof/vllm_older.sh", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/requirements-vllm-older.txt",
    "tools/models/configs", "tools/models/hf_quant", "tools/models/sources.yaml",
    "tools/models/twins.yaml", "tests/engine/inside", "wingsctl",
)  # fmt: skip
LEAST_ACCEPTED = 230


def test_an_older_vllm_takes_all_models(tmp_path: Path, figures: Figures) -> None:
    check_all_models(
        older_vllm(), "models that an older vLLM takes", LEAST_ACCEPTED, figures, tmp_path
    )


def test_an_older_vllm_takes_all_shipped_profiles(tmp_path: Path, figures: Figures) -> None:
    engine, helm = older_vllm(), HelmBinary(find_tool(HELM_3))
    charts, refused = for_version(tmp_path, engine.name, engine.version)
    listed = {chart for row in not_judged() for chart in row.get("charts", ())}
    assert set(refused) <= listed, refused
    questions = [each for chart in charts for each in questions_of(helm, *chart, tmp_path)]
    verdicts = ask(engine, questions, tmp_path)
    assert list(complaints(engine, questions, verdicts)) == []
    figures("command lines of shipped profiles that it takes", len(verdicts))
