"""Manifests as people have them -> profile -> chart -> helm: the same deployment in the end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.convert.comparison import differences
from tests.convert.inputs import meaning_of, objects_of
from tests.convert.places import MANIFESTS, options_of
from tests.convert.releases import release_meaning
from tests.support.rows import check_rows
from wingsctl.convert.fields import leaves
from wingsctl.documents import dotted

KINDS = ("vllm-cluster", "hero-inference-service", "scaled-object", "leader-worker-set",
         "production-stack", "kserve")  # fmt: skip
FILES = sorted(path for kind in KINDS for path in (MANIFESTS / kind).glob("*.yaml"))
REFUSED = "# Outcome: "


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.fixture
def converted(wingsctl):
    """The JSON of a conversion, and its exit code."""

    def convert(path, *more):
        outcome = wingsctl("convert", path, *options_of(path), *more, "-o", "json")
        return outcome.code, json.loads(outcome.stdout)

    return convert


def is_refused(path: Path) -> bool:
    return REFUSED in path.read_text("utf-8")


def only_of(path: Path) -> str:
    options = options_of(path)
    return options[options.index("--only") + 1] if "--only" in options else ""


def test_each_manifest_means_the_same_as_its_release(converted, wingsctl, helm3, tmp_path):
    def check(path) -> Iterator[object]:
        code, envelope = converted(path)
        if code:
            yield envelope["error"]
            return
        profile = tmp_path / f"{path.parent.name}-{path.stem}.wings.yaml"
        profile.write_text(envelope["data"]["profile"])
        outcome = wingsctl("render", profile, "-o", tmp_path / "charts" / path.stem)
        if outcome.code:
            yield outcome.stderr
            return
        chart = next((tmp_path / "charts" / path.stem).iterdir())
        release = release_meaning(helm3.template(chart))
        yield from differences(meaning_of([path], only_of(path)), release, envelope["data"]["fields"])

    check_rows([path for path in FILES if not is_refused(path)], check, name_of)


def test_each_leaf_of_each_manifest_has_a_row(converted):
    def check(path) -> Iterator[object]:
        _, envelope = converted(path)
        rows = envelope["data"]["fields"]
        for place in objects_of(path):
            reported = {row["path"] for row in rows if row["line"] in place.lines}
            yield from (dotted(leaf) for leaf in leaves(place.data) if dotted(leaf) not in reported)
        yield from (f"{row['path']}: no reason" for row in rows if row["outcome"] == "dropped" and not row["note"])

    check_rows(FILES, check, name_of)


SECRETS = ("NotARealToken", "gateway-key-of-the-test", "only-for-this-test")


def test_no_secret_of_a_manifest_gets_out(wingsctl):
    def check(path) -> Iterator[object]:
        for form in ("json", "text"):
            outcome = wingsctl("convert", path, *options_of(path), "-o", form)
            shown = outcome.stdout + outcome.stderr
            yield from (f"{form}: {each}" for each in SECRETS if each in shown)

    secret = [path for path in FILES if any(each in path.read_text() for each in SECRETS)]
    assert len(secret) >= len(SECRETS)
    check_rows(secret, check, name_of)


def test_what_is_missing_is_named_with_its_option(converted):
    def check(path) -> Iterator[object]:
        code, envelope = converted(path)
        wanted = path.read_text().split(REFUSED)[1].split("\n")[0].split()[-1]
        text = json.dumps(envelope)
        if code != 3 or wanted not in text:
            yield f"{code}: {text}"

    check_rows([path for path in FILES if is_refused(path)], check, name_of)
