"""The templates as a maintainer reads them: small, tidy, reading exactly the values there are."""

from __future__ import annotations

import json
import re

import jinja2.meta
import pytest
from jinja2 import Environment

from tests.support.helm import split_manifests
from tests.support.profiles import ROOT
from wingsctl.adapters.chart_parts import ChartParts
from wingsctl.adapters.text_files import read_text
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.chart import build

TEMPLATES = ROOT / "chart-templates"
SOURCES = sorted(p for p in TEMPLATES.rglob("*") if p.is_file() and p.name != "values.schema.json")
IDS = [str(path.relative_to(TEMPLATES)) for path in SOURCES]
CONTROL = re.compile(r"\{\{-? *(?:else +)?(?:if|with|range|else)\b")
MOST_RENDERED_LINES = 400
MOST_CONTROL_PER_100_LINES = 12
MOST_CONTROL_PER_FILE = 40
MOST_HOLES = 10
MOST_BLOCKS = 3


def template_files(chart):
    return sorted(path for path in (chart / "templates").rglob("*") if path.is_file())


def test_the_reference_chart_is_short(rendered):
    chart = next(each for each in rendered if each.name == "wings-infer")
    lines = 0
    for text in split_manifests(chart.manifests):
        # Program files are counted where they are written, not where they are carried.
        is_program = text.startswith("# Source: wings-infer/templates/config-map.yaml")
        kept = text.split("\ndata:\n")[0] + "\ndata:" if is_program else text.rstrip("\n")
        lines += 1 + len(kept.split("\n"))
    assert lines <= MOST_RENDERED_LINES


@pytest.mark.slow
def test_every_chart_has_few_control_actions(charts):
    for name, chart in charts.items():
        texts = [path.read_text() for path in template_files(chart)]
        counts = [len(CONTROL.findall(text)) for text in texts]
        assert max(counts) <= MOST_CONTROL_PER_FILE, name
        lines = sum(text.count("\n") for text in texts)
        assert 100 * sum(counts) / lines <= MOST_CONTROL_PER_100_LINES, name


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_sources_have_few_holes(path):
    text = path.read_text()
    holes = re.findall(r"<%=.*?%>", text.replace("<%= chart %>", ""))
    assert len(holes) <= MOST_HOLES
    assert len(re.findall(r"<% (?:if|for)", text)) <= MOST_BLOCKS
    assert not re.search(r"<% (?:if|for)(?:(?!<% end).)*<% (?:if|for)", text, flags=re.S), "nested"
    assert not re.search(r"<% (?:set|macro|include|import|block|extends)", text)
    assert bool(re.search(r"<%", text)) == (path.suffix == ".j2")
    assert not [hole for hole in holes if "|" in hole or "{%" in hole]


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_sources_are_tidy(path):
    text = path.read_bytes().decode()
    lines = text.split("\n")
    assert text.endswith("\n")
    assert "\r" not in text
    assert "\t" not in text
    assert not [line for line in lines if line != line.rstrip()]
    assert "\n\n\n" not in text
    assert max(map(len, lines)) <= 200


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_go_style(path):
    text = path.read_text()
    assert not re.search(r"\{\{-? *template ", text), "include, not template"
    assert not re.search(r"\| *indent ", text), "nindent, not indent"
    assert not re.search(r"\{\{-?[^ /-]", text), "a space inside the braces"
    assert not re.search(r"\btpl\b", text), "what a user typed is never a template"
    actions = " ".join(re.findall(r"\{\{[^/*].*?\}\}", text))
    assert not re.search(r" (now|rand\w+|gen[A-Z]\w+|uuidv4|env) ", actions), (
        "same input, same bytes"
    )
    for name in re.findall(r'define "([^"]*)"', text):
        assert name.startswith("<%= chart %>.")


def test_what_is_written_is_tidy(charts):
    for chart in charts.values():
        for path in [*template_files(chart), chart / "values.yaml", chart / "Chart.yaml"]:
            text = path.read_bytes().decode()
            assert "<%" not in text, path
            assert not [line for line in text.split("\n") if line != line.rstrip()], path
            assert "\n\n\n" not in text, path
            assert text.endswith("\n"), path
            assert not text.startswith("\n"), path


def test_every_define_is_used(charts):
    for chart in charts.values():
        text = "".join(path.read_text() for path in template_files(chart))
        text = re.sub(r"\{\{/\*.*?\*/\}\}", "", text, flags=re.S)
        for name in re.findall(r'define "([^"]*)"', text):
            assert f'include "{name}"' in text, f"{chart.name}: {name} is called by nothing"


def test_every_template_uses_known_words_and_every_word_is_used(rendered):
    words = set(build._context(rendered[0].plan))
    environment = Environment(
        block_start_string="<%", block_end_string="%>",
        variable_start_string="<%=", variable_end_string="%>",
    )  # fmt: skip
    used = set()
    for path in SOURCES:
        used |= jinja2.meta.find_undeclared_variables(environment.parse(path.read_text()))
    assert used == words


def test_every_part_is_in_the_table():
    parts = {part for part, _ in build.parts_of.__globals__["PARTS"]}
    folders = {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("templates") if p.is_dir()}
    assert {
        name.removesuffix("/templates") for name in folders if name.count("/templates") == 1
    } == parts
    assert all(ChartParts().files(part) for part in parts)


def values_read_by(chart):
    """Paths below .Values that the templates mention; a path stands for all below it."""
    paths = set()
    for path in template_files(chart):
        text = re.sub(r"\{\{/\*.*?\*/\}\}", "", path.read_text(), flags=re.S)
        for place, keys in re.findall(
            r"pick \$?\.(?:root\.)?Values\.([\w.]+)((?: \"\w+\")+)", text
        ):
            paths |= {f"{place}.{key}" for key in re.findall(r"\w+", keys)}
        text = re.sub(r"pick \$?\.(?:root\.)?Values\.[\w.]+", "", text)
        paths |= set(re.findall(r"\.Values\.([\w.]*\w)", text))
    return {tuple(path.split(".")) for path in paths}


def leaves(node, path=()):
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from leaves(value, (*path, key))
    else:
        yield path


def is_declared(schema, path):
    """Whether the schema of the values knows a path."""
    nodes = [schema]
    for key in path:
        nodes = [inner for node in nodes for inner in below(schema, node, key)]
    return bool(nodes)


def below(root, node, key):
    for each in (node, *node.get("allOf", []), *node.get("anyOf", [])):
        rule = root["$defs"][each["$ref"].rsplit("/", 1)[-1]] if "$ref" in each else each
        if key in rule.get("properties", {}):
            yield rule["properties"][key]
        elif rule.get("additionalProperties") is True:
            yield rule


def test_values_read_are_values_declared(charts):
    for chart in charts.values():
        read = values_read_by(chart)
        path = chart / "values.yaml"
        written = parse_yaml(read_text(path), str(path)).data
        schema = json.loads((chart / "values.schema.json").read_text())
        unread = [
            leaf
            for leaf in leaves(written)
            if not any(leaf[: len(each)] == each[: len(leaf)] for each in read)
        ]
        assert unread == [], chart.name
        assert [each for each in read if not is_declared(schema, each)] == [], chart.name


def test_the_schema_declares_nothing_that_is_not_read(charts):
    for chart in charts.values():
        read = values_read_by(chart)
        schema = json.loads((chart / "values.schema.json").read_text())
        for section, rule in schema["properties"].items():
            known = next(iter(below(schema, {"properties": {section: rule}}, section)))
            assert known is rule
            if section != "global":
                assert [each for each in read if each[0] == section], f"{chart.name}: {section}"
