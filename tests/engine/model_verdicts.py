"""Catalog models before an engine: rendered, asked, compared with what cannot be judged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.proofs.figures import Figures
from tests.engine.catalog_charts import profiles_of, rendered
from tests.engine.engines import Engine
from tests.engine.questions import Question, questions_of
from tests.engine.verdicts import ask, complaints
from tests.models.evidence import models
from tests.support.helm import HELM_3, HelmBinary
from tests.support.tools import find_tool


@dataclass(frozen=True)
class Result:
    """How the models of one run did."""

    questions: int
    accepted: int
    """Models, each with all of its cards."""
    complaints: list[str]


def check_all_models(engine: Engine, name: str, least: int, figures: Figures, folder: Path) -> None:
    """All models of the catalog, each on one kind of card; `name` is the figure's."""
    result = judge_models(engine, sorted(models()), 1, folder)
    figures(name, result.accepted)
    figures("command lines that it was asked", result.questions)
    assert result.complaints == []
    assert result.accepted >= least


def judge_models(engine: Engine, repositories: list[str], cards: int, folder: Path) -> Result:
    """Each model on up to so many cards that hold it."""
    questions = model_questions(engine, repositories, cards, folder)
    verdicts = ask(engine, questions, folder)
    refused = {each.model for each in questions if verdicts.get(each.name, "not asked")}
    found = list(complaints(engine, questions, verdicts))
    return Result(len(questions), len({each.model for each in questions} - refused), found)


def model_questions(
    engine: Engine, repositories: list[str], cards: int, folder: Path
) -> list[Question]:
    """Two helms at a time."""
    profiles = list(profiles_of(repositories, engine.name, engine.version, cards))
    assert {each["model"] for each in profiles} == set(repositories), "no card holds a model"
    charts = rendered(folder, profiles)
    helm = HelmBinary(find_tool(HELM_3))
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda chart: list(questions_of(helm, *chart, folder)), charts)
        return [question for questions in found for question in questions]
