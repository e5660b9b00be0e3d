"""The templates as a maintainer reads them: small, tidy, all of them used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2.meta
import pytest

from tests.support.chart_dirs import template_files
from tests.support.helm import split_manifests
from tests.support.plans import plan_of
from tests.support.profiles import ROOT
from tests.support.rows import check_rows
from wingsctl.adapters.chart_parts import ChartParts
from wingsctl.chart import build
from wingsctl.chart.jinja import Templates
from wingsctl.chart.parts import PARTS

TEMPLATES = ROOT / "chart-templates"
SOURCES = sorted(p for p in TEMPLATES.rglob("*") if p.is_file() and p.name != "values.schema.json")
CONTROL = re.compile(r"\{\{-? *(?:else +)?(?:if|with|range|else)\b")
MOST_RENDERED_LINES = 400
MOST_CONTROL_PER_100_LINES = 12
MOST_CONTROL_PER_FILE = 40
MOST_HOLES = 10
MOST_BLOCKS = 3
LONGEST_LINE = 200


def name_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def test_the_reference_chart_is_short(helm3, reference):
    done = helm3.run("template", "demo", reference)
    assert done.returncode == 0, done.stderr
    lines = 0
    for text in split_manifests(done.stdout):
        # Program files are counted where they are written, not where they are carried.
        is_program = text.startswith("# Source: wings-infer/templates/config-map.yaml")
        kept = text.split("\ndata:\n")[0] + "\ndata:" if is_program else text.rstrip("\n")
        lines += 1 + len(kept.split("\n"))
    assert 200 < lines <= MOST_RENDERED_LINES


@pytest.mark.slow
def test_every_chart_has_few_control_actions(charts):
    check_rows(charts, lambda name: surplus_actions(charts[name]))


def surplus_actions(chart: Path) -> Iterator[str]:
    texts = {path: path.read_text() for path in template_files(chart)}
    counts = {path: len(CONTROL.findall(text)) for path, text in texts.items()}
    for path, count in counts.items():
        if count > MOST_CONTROL_PER_FILE:
            yield f"{path.relative_to(chart)} has {count} control actions"
    lines = sum(text.count("\n") for text in texts.values())
    share = 100 * sum(counts.values()) / lines
    if share > MOST_CONTROL_PER_100_LINES:
        yield f"{share:.1f} control actions per 100 lines"


def test_sources_have_few_holes():
    check_rows(SOURCES, surplus_holes, name_of)


def surplus_holes(path: Path) -> Iterator[str]:
    text = path.read_text()
    holes = re.findall(r"<%=.*?%>", text.replace("<%= chart %>", ""))
    if len(holes) > MOST_HOLES:
        yield f"{len(holes)} holes"
    blocks = re.findall(r"<% (?:if|for)", text)
    if len(blocks) > MOST_BLOCKS:
        yield f"{len(blocks)} blocks"
    if re.search(r"<% (?:if|for)(?:(?!<% end).)*<% (?:if|for)", text, flags=re.S):
        yield "a block in a block"
    if re.search(r"<% (?:set|macro|include|import|block|extends)", text):
        yield "a statement other than if and for"
    if ("<%" in text) != (path.suffix == ".j2"):
        yield "the suffix .j2 is for files with holes"
    yield from (f"computes: {hole}" for hole in holes if "|" in hole or "{%" in hole)


def test_sources_are_tidy():
    check_rows(SOURCES, slips, name_of)


def slips(path: Path) -> Iterator[str]:
    text = path.read_bytes().decode()
    yield from untidiness(text)
    yield from (f"holds {char!r}" for char in "\r\t" if char in text)
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            yield f"line {number} has {len(line)} characters"


def untidiness(text: str) -> Iterator[str]:
    if not text.endswith("\n"):
        yield "does not end with a newline"
    if "\n\n\n" in text:
        yield "two empty lines in a row"
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield f"line {number} ends with a space"


GO_STYLE = {
    r"\{\{-? *template ": "include, not template",
    r"\| *indent ": "nindent, not indent",
    r"\{\{-?[^ /-]": "a space inside the braces",
    r"\btpl\b": "what a user typed is never a template",
}
NEW_EACH_TIME = r" (now|rand\w+|gen[A-Z]\w+|uuidv4|env) "


def test_go_style():
    check_rows(SOURCES, bad_style, name_of)


def bad_style(path: Path) -> Iterator[str]:
    text = path.read_text()
    for pattern, rule in GO_STYLE.items():
        yield from (f"{rule}: {found[0]}" for found in re.finditer(pattern, text))
    actions = " ".join(re.findall(r"\{\{[^/*].*?\}\}", text))
    for found in re.finditer(NEW_EACH_TIME, actions):
        yield f"same input, same bytes:{found[0]}"
    for name in re.findall(r'define "([^"]*)"', text):
        if not name.startswith("<%= chart %>."):
            yield f"{name} is not named after the chart"


def test_what_is_written_is_tidy(charts):
    written = {
        f"{name}/{path.relative_to(chart)}": path
        for name, chart in charts.items()
        for path in [*template_files(chart), chart / "values.yaml", chart / "Chart.yaml"]
    }

    def check(name: str) -> Iterator[str]:
        text = written[name].read_bytes().decode()
        yield from untidiness(text)
        if "<%" in text:
            yield "a hole is left"
        if text.startswith("\n"):
            yield "begins with an empty line"

    check_rows(written, check)


def test_every_define_is_used(charts):
    def check(name: str) -> Iterator[str]:
        text = "".join(path.read_text() for path in template_files(charts[name]))
        text = re.sub(r"\{\{/\*.*?\*/\}\}", "", text, flags=re.S)
        for define in re.findall(r'define "([^"]*)"', text):
            if f'include "{define}"' not in text:
                yield f"{define} is called by nothing"

    check_rows(charts, check)


def test_every_template_uses_known_words_and_every_word_is_used():
    words = set(build._context(plan_of("")))
    parse = Templates(str)._environment.parse
    used = {
        path: jinja2.meta.find_undeclared_variables(parse(path.read_text())) for path in SOURCES
    }

    def check(path: Path) -> Iterator[str]:
        yield from (f"uses {word}, which is not there" for word in sorted(used[path] - words))

    check_rows(SOURCES, check, name_of)
    assert words == set().union(*used.values())


def test_every_part_is_in_the_table():
    parts = {part for part, _ in PARTS}
    folders = {str(p.relative_to(TEMPLATES)) for p in TEMPLATES.rglob("templates") if p.is_dir()}
    assert {
        name.removesuffix("/templates") for name in folders if name.count("/templates") == 1
    } == parts
    assert not [part for part in parts if not ChartParts().files(part)]
