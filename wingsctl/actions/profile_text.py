"""The data of a profile -> its text: short, with a line above what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.chart.yaml_text import Comments, scalar

WIDTH = 100
_BLOCKS = (("model",), ("engine",), ("pod",))
"""Sections that take lines of their own even where they are short."""


def profile_text(data: Mapping[str, Any], comments: Comments, head: str) -> str:
    """`comments` maps key paths to lines above them; `head` are the lines at the top."""
    lines = [f"# {each}" for each in head.splitlines()]
    return "\n".join([*lines, *_mapping(data, (), comments)]) + "\n"


def _mapping(data: Mapping[str, Any], path: tuple[str, ...], comments: Comments) -> Iterator[str]:
    indent = "  " * len(path)
    for key, value in data.items():
        here = (*path, key)
        yield from (f"{indent}# {line}" for line in comments.get(here, "").splitlines())
        inline = f"{indent}{scalar(key)}: {_flow(value)}"
        is_block = here in _BLOCKS or len(inline) > WIDTH
        if is_block and isinstance(value, Mapping) and value:
            yield f"{indent}{scalar(key)}:"
            yield from _mapping(value, here, comments)
        elif is_block and isinstance(value, list) and value:
            yield f"{indent}{scalar(key)}:"
            yield from (f"{indent}  - {_flow(each)}" for each in value)
        else:
            yield inline


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(key)}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value)
