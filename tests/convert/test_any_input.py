"""Manifests with any value in the wrong place: never a traceback, no field lost, no secret."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.convert.cases import MANIFESTS
from tests.support.plans import shipped
from wingsctl.adapters.yaml_streams import parse_documents
from wingsctl.convert.conversion import Wishes
from wingsctl.convert.fields import leaves
from wingsctl.convert.run import Source, convert
from wingsctl.convert.secret_texts import SecretTexts
from wingsctl.documents import Document, KeyPath, dotted

FILES = sorted([*MANIFESTS.glob("kubernetes/*.yaml"), *MANIFESTS.glob("compose/*.yaml")])
WRONG: tuple[Any, ...] = (5, "'", [], {}, None, [1], {"a": {"b": 1}}, True, ["-"], -0.5, "$(A) ${B")


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_value_of_the_wrong_shape_is_reported(file):
    documents = parse_documents(file.read_text("utf-8"), file.name)
    for turn, (number, path) in enumerate(places(documents)):
        data = [copy.deepcopy(each.data) for each in documents]
        data[number] = changed(data[number], path, WRONG[turn % len(WRONG)])
        sources = [
            Source(Document(each.file, value, each.locate))
            for each, value in zip(documents, data, strict=True)
        ]
        secrets = SecretTexts()
        result = convert(sources, shipped(), Wishes(accelerator="nvidia-l4"), secrets)
        lost = {dotted(leaf) for value in data for leaf in leaves(value)}
        assert lost == {row.path for row in result.rows}, dotted(path)


def places(documents: list[Document]) -> Iterator[tuple[int, KeyPath]]:
    """Every key of every document."""
    for number, document in enumerate(documents):
        seen = {leaf[:end] for leaf in leaves(document.data) for end in range(len(leaf) + 1)}
        yield from ((number, path) for path in sorted(seen, key=str))


def changed(data: Any, path: KeyPath, value: Any) -> Any:
    """The data with another value at a path."""
    if not path:
        return value
    data[path[0]] = changed(data[path[0]], path[1:], value)
    return data
