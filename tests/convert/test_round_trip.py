"""Manifests as people have them -> profile -> chart -> helm: the same deployment in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.convert.cases import CASES, MANIFESTS, Case
from tests.convert.comparison import differences
from tests.convert.foreign_cases import CONVERTED, FOREIGN, REFUSED, refusal_of
from tests.convert.inputs import meaning_of, objects_of
from tests.convert.releases import release_meaning
from tests.convert.texts import add_command
from tests.support.rows import check_rows
from wingsctl.convert.fields import UNKNOWN, leaves
from wingsctl.documents import dotted

pytestmark = pytest.mark.slow

ALL = (*CASES, *CONVERTED)
SECRETS = ("NotARealToken", "gateway-key-of-the-test", "only-for-this-test")


def name_of(case: Case) -> str:
    return case.name


@pytest.fixture(scope="module")
def kept() -> dict[str, tuple[int, str]]:
    """What a case was converted to, for all tests of this file."""
    return {}


@pytest.fixture
def converted(wingsctl, monkeypatch, kept):
    """The exit code and the JSON of a conversion."""
    monkeypatch.chdir(MANIFESTS)

    def convert(case):
        if case.name not in kept:
            outcome = wingsctl("convert", "-o", "json", *case.arguments)
            kept[case.name] = outcome.code, outcome.stdout
        code, text = kept[case.name]
        return code, json.loads(text)

    return convert


def input_meaning(case: Case):
    only = case.options[case.options.index("--only") + 1] if "--only" in case.options else ""
    meaning = meaning_of([MANIFESTS / file for file in case.files], only)
    if case.command:
        add_command(meaning, case.command)
    return meaning


def test_each_deployment_means_the_same_as_its_release(converted, wingsctl, helm3, tmp_path):
    def check(case) -> Iterator[object]:
        code, envelope = converted(case)
        assert code == 0, envelope
        folder = tmp_path / case.name.replace("/", "-")
        folder.mkdir()
        profile = folder / "made.wings.yaml"
        profile.write_text(envelope["data"]["profile"])
        outcome = wingsctl("render", profile, "-o", folder / "charts")
        assert outcome.code == 0, outcome.stderr
        (chart,) = (folder / "charts").iterdir()
        release = release_meaning(helm3.template(chart))
        yield from differences(input_meaning(case), release, envelope["data"]["fields"])

    assert len(ALL) > 40
    check_rows(ALL, check, name_of)


def test_each_field_of_a_foreign_kind_is_known(converted):
    def check(case) -> Iterator[object]:
        _, envelope = converted(case)
        rows = envelope["data"]["fields"]
        for place in objects_of(MANIFESTS / case.files[0]):
            reported = {row["path"] for row in rows if row["line"] in place.lines}
            yield from (dotted(leaf) for leaf in leaves(place.data) if dotted(leaf) not in reported)
        yield from (
            row["path"]
            for row in rows
            if row["note"] in ("", UNKNOWN) and row["outcome"] == "dropped"
        )

    check_rows(FOREIGN, check, name_of)


def test_no_secret_of_a_foreign_kind_gets_out(wingsctl, monkeypatch):
    monkeypatch.chdir(MANIFESTS)

    def check(case) -> Iterator[object]:
        for form in ("json", "text"):
            outcome = wingsctl("convert", *case.arguments, "-o", form)
            shown = outcome.stdout + outcome.stderr
            yield from (f"{form}: {each}" for each in SECRETS if each in shown)

    texts = {case: (MANIFESTS / case.files[0]).read_text("utf-8") for case in FOREIGN}
    with_secrets = [case for case in FOREIGN if any(each in texts[case] for each in SECRETS)]
    assert len(with_secrets) >= len(SECRETS)
    check_rows(with_secrets, check, name_of)


def test_what_is_missing_is_named(converted):
    def check(case) -> Iterator[object]:
        code, envelope = converted(case)
        if code != 3 or refusal_of(case) not in json.dumps(envelope):
            yield f"{code}: {envelope['error']}"

    check_rows(REFUSED, check, name_of)


def test_of_two_models_one_must_be_chosen(converted):
    two = Case("two models", ("production-stack/two-models.yaml",), ("--accelerator", "nvidia-l4"))
    code, envelope = converted(two)
    assert code == 3
    assert "--only llama3 or --only mistral" in json.dumps(envelope)
