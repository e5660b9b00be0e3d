"""Reading settings from the environment: one table of variables per dataclass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import Field, field, fields
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
"""HOST or HOST:PORT."""


def variable(name: str, default: object, meaning: str, least: float = 0) -> Any:  # noqa: ANN401
    """One environment variable; `least` is the smallest number allowed."""
    return field(
        default=default,
        metadata={"name": name, "meaning": meaning, "least": least},
    )


def variables(settings: type) -> list[Field[Any]]:
    """The settings that come from the environment, in order."""
    return [entry for entry in fields(settings) if "name" in entry.metadata]


def read_variables(
    settings: type, environment: Mapping[str, str], problems: list[str]
) -> dict[str, object]:
    """What the environment says, by field; adds what is wrong with it to `problems`."""
    values: dict[str, object] = {}
    for entry in variables(settings):
        text = environment.get(entry.metadata["name"], "")
        if text:
            try:
                values[entry.name] = _convert(entry, text)
            except ValueError as error:
                problems.append(f"{entry.metadata['name']}: {error}")
    return values


def split_address(text: str, port: int) -> tuple[str, int]:
    """Host and port of HOST or HOST:PORT; `port` where it names none."""
    host, _, named = text.partition(":")
    return host, int(named) if named else port


def _convert(entry: Field[Any], text: str) -> object:
    kind = str(entry.type)
    if kind in {"int", "float"}:
        return _number(kind, text, entry.metadata["least"])
    if kind == "bool":
        return _boolean(text)
    if kind.startswith("Path"):
        return Path(text)
    if kind.startswith("tuple"):
        words = text.replace(",", " ").split()
        return tuple(float(word) for word in words) if "float" in kind else tuple(words)
    return text


def _number(kind: str, text: str, least: float) -> float:
    try:
        number = int(text) if kind == "int" else float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not least <= number < float("inf"):
        raise ValueError(f"{text} is below {least:g} or not finite")
    return number


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false", "1", "0"}:
        raise ValueError(f"{text!r} is neither true nor false")
    return text.lower() in {"true", "1"}


def contract_table(settings: type) -> str:
    """The table of all variables, as Markdown."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for entry in variables(settings):
        rows.append(
            f"| `{entry.metadata['name']}` | {_shown(entry.default)} | {entry.metadata['meaning']} |"
        )
    return "\n".join(rows) + "\n"


def _shown(default: object) -> str:
    if default is None or default in ("", ()):
        return ""
    if isinstance(default, tuple):
        return "`" + " ".join(_plain(one) for one in default) + "`"
    return f"`{_plain(default)}`"


def _plain(value: object) -> str:
    return (
        f"{value:g}" if isinstance(value, float) else str(value).lower() if value is True else str(value)
    )
