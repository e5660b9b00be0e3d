"""What the engines say, beside the committed list of what cannot be judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.engine.engines import Engine
from tests.engine.questions import Question

HERE = Path(__file__).resolve().parent
JUDGES = {"vllm": "vllm_judge.py", "sglang": "sglang_judge.py"}
LIMIT_SECONDS = 900
"""A minute for the imports, and less than a second for a question; what hangs ends here."""
CLASSES = ("engine", "tests", "cpu", "remote code", "unsupported", "environment", "sizes alone")
Verdicts = dict[str, str]
"""By the name of the question; empty where the engine has nothing against it."""


def ask(engine: Engine, questions: Sequence[Question], folder: Path) -> Verdicts:
    """One process for all that have the same kind of cards."""
    found: Verdicts = {}
    for platform in ("cuda", "cpu"):
        asked = [each for each in questions if platform_of(each) == platform and each.folder]
        if asked:
            answers = _ask(engine, platform, asked, folder)
            found |= zip([each.name for each in asked], answers, strict=True)
    return found


def platform_of(question: Question) -> str:
    """Other cards have platforms of their own, which are no part of the installed engines."""
    return {"nvidia": "cuda", None: "cpu"}.get(question.card.get("vendor"), "")


def _ask(engine: Engine, platform: str, questions: Sequence[Question], folder: Path) -> list[str]:
    asked, answered = folder / f"asked-{platform}.json", folder / f"answers-{platform}.json"
    asked.write_text(json.dumps([each.asked() for each in questions]), encoding="utf-8")
    judge = HERE / "inside" / JUDGES[engine.name]
    done = engine.run(judge, platform, asked, answered, folder=folder, seconds=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr[-3000:]
    answers: list[str] = json.loads(answered.read_text(encoding="utf-8"))
    assert len(answers) == len(questions)
    return answers


@cache
def not_judged() -> list[dict[str, Any]]:
    """The rows of not_judged.yaml."""
    rows: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
        (HERE / "not_judged.yaml").read_text(encoding="utf-8")
    )
    return rows


def complaints(engine: Engine, questions: Iterable[Question], verdicts: Verdicts) -> Iterator[str]:
    """Refusals that no row expects, and questions whose row has nothing to expect any more."""
    for question in questions:
        row = row_of(engine, question)
        answer = verdicts.get(question.name)
        if answer is None:
            if not row:
                yield f"{question.name} ({question.model}): not asked, and no row says why"
        elif answer and not (row and row["says"] and row["says"] in answer):
            where = f"{question.model} on {question.card}"
            yield f"{question.name} ({where}): {answer}\n{question.argv}"
        elif row and not answer:
            yield f"{question.name} ({question.model}): accepted, but a row says {row['says']!r}"


def row_of(engine: Engine, question: Question) -> dict[str, Any] | None:
    """The row that names its model or its chart, and if any the version and the card."""
    chart = question.name.partition(" ")[0]
    names = {question.model, chart}
    for row in not_judged():
        is_named = names & {*row.get("models", ()), *row.get("charts", ())}
        is_meant = is_named and chart not in row.get("accepted", ())
        of_version = engine.version in row.get("versions", [engine.version])
        of_card = question.card.get("name") in row.get("cards", [question.card.get("name")])
        if is_meant and of_version and of_card and engine.name in row["engines"]:
            return row
    return None
