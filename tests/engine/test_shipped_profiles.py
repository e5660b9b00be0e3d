"""Engines take the command lines of all shipped profiles, as the manifests have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.engines import Engine
from tests.engine.questions import Question, questions_of
from tests.engine.shipped_charts import for_version
from tests.engine.verdicts import ask, complaints, not_judged, row_of
from tests.support.helm import HELM_3, HelmBinary
from tests.support.installations import RenderedChart
from tests.support.plans import shipped
from tests.support.rows import check_rows


@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_every_shipped_profile_is_taken(
    name: str, request: pytest.FixtureRequest, helms: dict[str, HelmBinary], tmp_path: Path
) -> None:
    engine: Engine = request.getfixturevalue(name)
    charts, refused = for_version(tmp_path, name, engine.version)
    known = {chart for row in not_judged() for chart in row.get("charts", ())}
    assert set(refused) - known == set(), refused
    questions = [each for chart in charts for each in questions_of(helms[HELM_3], *chart, tmp_path)]
    verdicts = ask(engine, questions, tmp_path)
    assert list(complaints(engine, questions, verdicts)) == []
    assert len([said for said in verdicts.values() if not said]) >= len(questions) * 0.9


def test_flags_of_other_versions_are_in_their_tables(rendered: list[RenderedChart]) -> None:
    """What has no judge of its own version is judged by names alone."""

    def check(chart: RenderedChart) -> Iterator[str]:
        engine = chart.plan.engine
        table = shipped().flag_table(engine.profile.name, engine.version)
        if table is None:
            return
        for token in flags(chart):
            if token.partition("=")[0] not in table:
                yield f"{engine.profile.name} {engine.version} has no {token}"

    shipped_alone = [each for each in rendered if each.plan.engine.profile.name in ("vllm", "sglang")]
    check_rows(shipped_alone, check, lambda chart: chart.name)


def flags(chart: RenderedChart) -> Iterator[str]:
    """Tokens that begin with two dashes, without what follows the negation."""
    from tests.support.helm import argv

    for token in argv(chart.objects):
        if token.startswith("--") and token != "--wings-worker-command":
            yield token
