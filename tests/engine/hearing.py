"""All questions of a run, asked once: an engine needs most of its time for its imports."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.engine.engines import NAMES, Engine, installed
from tests.engine.model_verdicts import model_questions
from tests.engine.questions import Question, questions_of
from tests.engine.shipped_charts import for_version
from tests.engine.verdicts import Verdicts, ask, complaints
from tests.engine.wrong_inputs import WRONG
from tests.support.helm import HELM_3, HelmBinary
from tests.support.tools import find_tool

CARDS_EACH = 1


@dataclass(frozen=True)
class Heard:
    """One engine's questions by what they are of, its verdicts, and profiles without a chart."""

    engine: Engine
    questions: dict[str, list[Question]]
    verdicts: Verdicts
    refused: dict[str, str]

    def complaints(self, part: str) -> list[str]:
        """Of shipped profiles, or of the catalog's models."""
        return list(complaints(self.engine, self.questions[part], self.verdicts))

    def accepted(self, part: str) -> int:
        """Questions."""
        return sum(self.verdicts.get(each.name) == "" for each in self.questions[part])


def hear(models: list[str], place: Path) -> dict[str, Heard]:
    """Both engines beside each other, of these models and all shipped profiles."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda name: _hear(installed(name), models, place / name), NAMES)
        return dict(zip(NAMES, found, strict=True))


def _hear(engine: Engine, models: list[str], place: Path) -> Heard:
    place.mkdir(parents=True)
    charts, refused = for_version(place, engine.name, engine.version, with_recipes=True)
    helm = HelmBinary(find_tool(HELM_3))
    questions = {
        "shipped": [each for chart in charts for each in questions_of(helm, *chart, place)],
        "models": model_questions(engine, models, CARDS_EACH, place / "catalog"),
        "wrong": [
            each.question(engine, place / "wrong") for each in WRONG if each.engine == engine.name
        ],
    }
    verdicts = ask(engine, [each for part in questions.values() for each in part], place)
    return Heard(engine, questions, verdicts, refused)
