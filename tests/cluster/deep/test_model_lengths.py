"""The real vLLM accepts every length that wingsctl plans. It needs the engine, and no cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.cluster.pace import patience
from tests.cluster.proofs.figures import Figures
from tests.models.evidence import HERE, config_file, read_list, repositories_with_config
from tests.models.planned_lengths import longest_plan, rendered_lengths
from tests.support.commands import Outcome
from tests.support.tools import find_made
from wingsctl.plan.deployment import Length

COVERS = (
    "chart-templates", "examples", "profiles", "sidecar/requirements-engine.txt",
    "tools/models/configs", "tools/models/sources.yaml", "wingsctl/__init__.py", "wingsctl/catalog",
    "wingsctl/models", "wingsctl/plan",
)  # fmt: skip
LEAST_ACCEPTED = 139
LIMIT_SECONDS = 1500
"""vLLM needs half a minute to start, and a few seconds for all models; whatever hangs ends here."""
TOO_LONG = ("Qwen/Qwen2.5-7B-Instruct", 1_000_000_000)
"""More than any model has: the judge itself must refuse."""
Question = tuple[str, Length]


def ask(folder: Path, questions: Iterable[Question]) -> dict[Question, str]:
    """What one process of the engine says against each model and length; empty if nothing."""
    asked = list(dict.fromkeys(questions))
    rows = [{"config": str(kept(folder, name)), "length": length} for name, length in asked]
    (folder / "questions.json").write_text(json.dumps(rows), encoding="utf-8")
    python = find_made("engine") / "bin" / "python"
    done = subprocess.run(
        [str(python), str(HERE / "judge.py"), "questions.json", "answers.json"],
        cwd=folder, env=os.environ | {"HOME": str(folder)}, timeout=patience(LIMIT_SECONDS),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answers = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return dict(zip(asked, answers, strict=True))


def kept(folder: Path, repository: str) -> Path:
    """A folder with the model's config.json alone, as an engine finds it."""
    model = folder / repository.replace("/", "--")
    model.mkdir(exist_ok=True)
    shutil.copy(config_file(repository), model / "config.json")
    return model


def test_the_real_vllm_accepts_every_planned_length(
    wingsctl: Callable[..., Outcome],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    figures: Figures,
) -> None:
    catalog = {name: longest_plan(name) for name in repositories_with_config()}
    examples = rendered_lengths(wingsctl, tmp_path)
    assert {"chat", "quiet", "wings-infer"} <= set(examples)
    questions = [*catalog.items(), *examples.values(), TOO_LONG]
    answers = ask(tmp_path_factory.mktemp("judge"), questions)
    assert "greater than the derived max_model_len" in answers.pop(TOO_LONG)

    accepted = [name for name, length in catalog.items() if not answers[name, length]]
    shipped = [chart for chart, question in examples.items() if not answers[question]]
    figures("models whose planned length vLLM accepts", len(accepted))
    figures("examples whose length vLLM accepts", len(shipped))
    known = {name: row["says"] for row in read_list("vllm_refusals.yaml") for name in row["models"]}
    new = {
        question: said for question, said in answers.items() if said and question[0] not in known
    }
    assert not new, "lengths that vLLM refuses"
    healed = [name for name, says in known.items() if says not in answers[name, catalog[name]]]
    assert not healed, "accepted, or refused for another reason than the list gives"
    assert len(accepted) >= LEAST_ACCEPTED
