"""A command's result as YAML that every reader takes for the same data as its JSON."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

_BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*")
_BLOCK = re.compile(r"[!-~][ -~]*(\n([!-~][ -~]*)?)*\n[ -~]*[!-~]\n?")
"""Several printable lines, which a literal block holds without loss."""
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
"""What YAML 1.1, which most readers still speak, takes for something else than text."""
_ANY_WIDTH = 2**31


class _Representer(SafeRepresenter):
    """One of its own: what is added to a representer holds for all of its class."""

    def ignore_aliases(self, data: Any) -> bool:
        """Equal parts are written out each time, as in JSON."""
        return True


def yaml_output(data: Any) -> str:
    """Block YAML in ASCII; `data` is what JSON can hold, keys stay in their order."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = False
    yaml.width = _ANY_WIDTH
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    out = StringIO()
    yaml.dump(data, out)
    return out.getvalue()


def _text(representer: Any, text: str) -> Any:
    is_bare = _BARE.fullmatch(text) and text.lower() not in _WORDS
    style = "|" if _BLOCK.fullmatch(text) else None if is_bare else '"'
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style)


def _float(representer: Any, number: float) -> Any:
    """With a point: YAML 1.1 takes `1e-09` for text."""
    digits, mark, exponent = repr(number).partition("e")
    shown = f"{digits}{'' if '.' in digits else '.0'}{mark}{exponent}"
    return representer.represent_scalar("tag:yaml.org,2002:float", shown)


_Representer.add_representer(str, _text)
_Representer.add_representer(float, _float)
