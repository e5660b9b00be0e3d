"""Plain data as YAML text that every YAML reader reads the same way.

Written by hand because the output carries comments, must not change by a byte between
library versions, and is read by Go's YAML 1.1 as well as by YAML 1.2: a string is bare
only where no reader takes it for anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Comments = Mapping[tuple[str, ...], str]

_BARE = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*(:[A-Za-z0-9_./@+-]+)*")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_LARGEST_EXACT = 2**53
"""Helm reads numbers as 64-bit floats; a larger integer would lose digits."""


def yaml_text(data: Mapping[str, Any], comments: Comments | None = None) -> str:
    """`data` as block YAML; `comments` maps key paths to one-line comments."""
    lines: list[str] = []
    _mapping(data, (), "", comments or {}, lines)
    return "\n".join(lines) + "\n"


def _mapping(
    data: Mapping[str, Any], path: tuple[str, ...], indent: str, comments: Comments, out: list[str]
) -> None:
    for key, value in data.items():
        here = (*path, key)
        comment = comments.get(here)
        if comment:
            if not indent and out:
                out.append("")
            out.append(f"{indent}# {comment}")
        _item(f"{indent}{scalar(key)}:", value, here, indent + "  ", comments, out)


def _item(
    head: str, value: Any, path: tuple[str, ...], indent: str, comments: Comments, out: list[str]
) -> None:
    if isinstance(value, Mapping) and value:
        out.append(head)
        _mapping(value, path, indent, comments, out)
    elif isinstance(value, list) and value:
        out.append(head)
        for item in value:
            _entry(item, path, indent, comments, out)
    elif isinstance(value, str) and _is_block(value):
        out.append(f"{head} |{'' if value.endswith(chr(10)) else '-'}")
        lines = value.removesuffix("\n").split("\n")
        out.extend(indent + line if line else "" for line in lines)
    else:
        out.append(f"{head} {scalar(value)}")


def _entry(
    item: Any, path: tuple[str, ...], indent: str, comments: Comments, out: list[str]
) -> None:
    """One list entry; a mapping starts on the line of its dash."""
    if isinstance(item, Mapping) and item:
        inner: list[str] = []
        _mapping(item, path, indent + "  ", {}, inner)
        out.append(f"{indent}- {inner[0].lstrip()}")
        out.extend(inner[1:])
    elif isinstance(item, list) and item:
        out.append(f"{indent}- {_flow(item)}")
    else:
        out.append(f"{indent}- {scalar(item)}")


def _flow(value: Any) -> str:
    """A list in a list, on one line; not JSON, whose surrogate pairs YAML does not join."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{quoted(str(k))}: {_flow(v)}' for k, v in value.items())}}}"
    return quoted(value) if isinstance(value, str) else scalar(value)


def scalar(value: Any) -> str:
    """One value on one line: bare where every reader takes it for the same."""
    if isinstance(value, str):
        is_bare = _BARE.fullmatch(value) and value.lower() not in _WORDS
        return value if is_bare else quoted(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
        return quoted(str(value))
    return json.dumps(value)


def quoted(text: str) -> str:
    """`text` as a double-quoted scalar; what is not plainly printable is escaped."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return '"' + "".join(_escape(char) for char in text) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if char.isprintable() and code != 0xFEFF:
        return char
    return (
        f"\\x{code:02x}" if code < 256 else (f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}")
    )


def _is_block(text: str) -> bool:
    """Several printable lines that a literal block carries without loss."""
    body = text.removesuffix("\n")
    lines = body.split("\n")
    return (
        len(lines) > 1
        and bool(lines[0].strip())
        and not lines[0].startswith(" ")
        and bool(lines[-1].strip())
        and all(line.isprintable() for line in lines)
        and "\ufeff" not in text
    )
