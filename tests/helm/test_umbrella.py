"""Charts inside of a chart get the verdict and the manifests that each gets alone."""

from __future__ import annotations

import json

import pytest

from tests.support.manifests import split_manifests
from tests.support.umbrella import Umbrella

ROWS = {
    "defaults": ("chat", {}),
    "values": ("chat", {"replicas": 2, "engine": {"args": {"max-num-seqs": None, "seed": 7}}}),
    "another chart": ("scaled-queue", {"labels": {"team": "nlp"}}),
}


def test_each_row_is_what_its_chart_makes_alone(helm, charts, tmp_path):
    rows = {label: (charts[name], values) for label, (name, values) in ROWS.items()}
    for label, documents in Umbrella(tmp_path, rows).manifests(helm).items():
        chart, values = rows[label]
        alone = helm.render(chart, "-f", "-", stdin=json.dumps(values)).manifests
        assert documents == sorted(each.rstrip("\n") for each in split_manifests(alone)), label


def test_options_are_those_of_one_row(helm, charts, tmp_path):
    rows = {
        "written": (charts["chat"], ["--set", "replicas=3", "--set-json", "engine.args.a=[]"]),
        "null": (charts["chat"], ["--set", "engine.args.max-num-seqs=null"]),
    }
    for label, documents in Umbrella(tmp_path, rows).manifests(helm).items():
        chart, options = rows[label]
        alone = helm.render(chart, *options).manifests
        assert documents == sorted(each.rstrip("\n") for each in split_manifests(alone)), label


def test_a_refusal_is_that_of_its_row(helm, charts, tmp_path):
    chart = charts["chat"]
    rows = {
        "good": (chart, {"replicas": 2}),
        "bad": (chart, {"replicas": -1}),
        "gone": (chart, {"networkPolicy": None}),
        "as an option": (chart, ["--set", "replica=2"]),
    }
    refused = Umbrella(tmp_path, rows).refusals(helm)
    assert set(refused) == {"bad", "gone", "as an option"}
    for row in refused:
        values = rows[row][1]
        options = ["-f", "-"] if isinstance(values, dict) else values
        alone = helm.run("template", "demo", chart, *options, stdin=json.dumps(values))
        assert set(refused[row].split("\n")[:1]) <= set(alone.stderr.split("\n"))


def test_what_a_template_says_names_the_row(helm, charts, tmp_path):
    broken = Umbrella(tmp_path, {"good": (charts["chat"], {}), "no pod": (charts["chat"], {})})
    template = tmp_path / "charts" / "chat" / "templates" / "broken.yaml"
    template.write_text('{{ if eq .Chart.Name "row1" }}{{ fail "broken" }}{{ end }}')
    with pytest.raises(AssertionError, match=r"charts/no pod/templates/broken\.yaml"):
        broken.refusals(helm)
