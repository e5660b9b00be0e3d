"""The Jinja environment: ERB-like delimiters, no filters of our own, nothing undefined."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import BaseLoader, BytecodeCache, Environment, StrictUndefined, TemplateError
from jinja2.loaders import FunctionLoader

from wingsctl.errors import ChartError

_PLAIN = re.compile(r"[A-Za-z0-9 _.:/,()<>=-]*")


class Templates:
    """Renders template texts by name; compiled templates may be kept in a cache."""

    def __init__(self, source: Callable[[str], str], cache: BytecodeCache | None = None) -> None:
        self._environment = Environment(
            loader=_loader(source),
            bytecode_cache=cache,
            block_start_string="<%",
            block_end_string="%>",
            variable_start_string="<%=",
            variable_end_string="%>",
            comment_start_string="<%#",
            comment_end_string="%>",
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            undefined=StrictUndefined,
            finalize=_only_plain,
            auto_reload=False,
            autoescape=False,  # noqa: S701 - the output is YAML
        )

    def render(self, name: str, context: Mapping[str, Any]) -> str:
        """The rendered text; raises ChartError naming the template."""
        try:
            return self._environment.get_template(name).render(context)
        except TemplateError as error:
            raise ChartError(f"template {name}: {error}") from error


def _loader(source: Callable[[str], str]) -> BaseLoader:
    return FunctionLoader(lambda name: (source(name), name, lambda: True))


def _only_plain(value: object) -> object:
    """Nothing that helm, YAML or a shell could read as code is ever pasted."""
    text = str(value)
    if not _PLAIN.fullmatch(text):
        raise ChartError(f"will not paste {text!r} into a template", hint="make it a value")
    return value
