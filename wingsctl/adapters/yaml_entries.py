"""A catalog entry as YAML: lists of layers on few lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter

WIDTH = 10_000


class _Representer(RoundTripRepresenter):
    """One of its own: what is added to a representer holds for all of its class."""


def entry_text(made: Mapping[str, Any], head: str) -> str:
    """The text of the file; `head` is a comment, for its first line, whatever it holds."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.default_flow_style = None
    yaml.width = WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(dict(made), out)
    return f"# {' '.join(head.split())}\n{out.getvalue()}"


def _quoted_where_unusual(representer: Any, text: str) -> Any:
    """Expressions, which some readers of YAML take for something else."""
    style = '"' if re.search(r"[*:\\(]", text) else None
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style)


_Representer.add_representer(str, _quoted_where_unusual)
