"""The values that templates read are those that the chart declares, in values and schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.chart_dirs import template_files
from tests.support.rows import check_rows
from wingsctl.adapters.text_files import read_text
from wingsctl.adapters.yaml_files import parse_yaml


@cache
def values_read_by(chart: Path) -> set[tuple[str, ...]]:
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
    def check(name: str) -> Iterator[str]:
        read = values_read_by(charts[name])
        path = charts[name] / "values.yaml"
        written = parse_yaml(read_text(path), str(path)).data
        for leaf in leaves(written):
            if not any(leaf[: len(each)] == each[: len(leaf)] for each in read):
                yield f"{'.'.join(leaf)} is read by no template"
        schema = schema_of(charts[name])
        for each in read:
            if not is_declared(schema, each):
                yield f"{'.'.join(each)} is read and not in the schema"

    check_rows(charts, check)


def schema_of(chart):
    return json.loads((chart / "values.schema.json").read_text())


def test_the_schema_declares_nothing_that_is_not_read(charts):
    def check(name: str) -> Iterator[str]:
        sections = {"global", *(each[0] for each in values_read_by(charts[name]))}
        for section in schema_of(charts[name])["properties"]:
            if section not in sections:
                yield f"{section} is read by no template"

    check_rows(charts, check)
