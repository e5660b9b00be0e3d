"""Commands and shell text of an input -> the engine's own words."""

from __future__ import annotations

import re
import shlex

from tests.convert.meaning import Words
from tests.convert.places import Place

SHELLS = ("sh", "bash")
STARTS = ("vllm serve", "vllm.entrypoints", "sglang.launch_server", "sglang serve")
_PROGRAMS = ("serve", "vllm.entrypoints.openai.api_server", "sglang.launch_server")
_ASSIGNED = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(\"[^\"]*\"|\S*)", re.MULTILINE)
_DEFAULTED = re.compile(r"\$\{(\w+):=([^}]*)\}")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


def engine_words(words: Words, variables: dict[str, str] | None = None) -> Words:
    """What stands behind the program in a command, or in the shell text of one."""
    texts = [text for text, _ in words]
    script = next((index for index, text in enumerate(texts) if is_script(text)), None)
    if script is not None:
        return script_words(*words[script], variables or {})
    program = next((index for index, text in enumerate(texts) if text in _PROGRAMS), None)
    if program is not None:
        return words[program + 1 :]
    return [] if texts and texts[0].rsplit("/", 1)[-1] in (*SHELLS, "ray") else words


def is_script(text: str) -> bool:
    """Whether a word is shell text that starts an engine."""
    return any(each in " ".join(text.split()) for each in STARTS) and " " in text.strip()


def script_words(text: str, place: Place, variables: dict[str, str]) -> Words:
    """The words behind the first engine of a script, its variables written out."""
    known = dict(variables)
    for name, value in [*_DEFAULTED.findall(text), *_ASSIGNED.findall(text)]:
        known.setdefault(name, substituted(value.strip('"'), known))
    # Two passes: a variable may hold arguments that have variables in them.
    whole = substituted(text.replace("\\\n", " "), known)
    flat = re.sub(r"\n(?=\s*--)", " ", whole)
    for command in re.split(r"&&|;|\||\n", flat):
        words = _split(re.sub(r"2>&1", "", command))
        program = next((i for i, word in enumerate(words) if word in _PROGRAMS), None)
        if program is not None and is_script(command):
            return [(word, place.as_part("?")) for word in words[program + 1 :]]
    return []


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def substituted(text: str, variables: dict[str, str]) -> str:
    """Variables that are known, or have a default, written out."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[3]
        return variables.get(name) or found[2] or found[0]

    return _VARIABLE.sub(value, text)
