"""Commands, docker run and compose files -> their meaning."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from tests.convert.meaning import Meaning, Words, add_flags
from tests.convert.places import Place
from tests.convert.scripts import engine_words, is_script, script_words, substituted

_IMAGE = re.compile(r"[\w.:-]+/[\w.:/-]*(vllm|sglang)[\w.:@-]*$")
_RUN = re.compile(r"(docker|podman|nerdctl) run(.*)", re.DOTALL)
_VALUE_OPTIONS = re.compile(r"^(-e|--env)$")


def add_text(meaning: Meaning, text: str) -> None:
    """A script that starts an engine, or docker run."""
    place = Place(text, (), range(1, text.count("\n") + 2))
    if _RUN.search(text):
        _docker(meaning, text, place)
    elif is_script(text):
        add_flags(meaning, script_words(text, place, {}))


def add_command(meaning: Meaning, words: Sequence[str]) -> None:
    """The words of one command line; behind an image those of its engine."""
    found: Words = [(word, Place(word, (index,), range(1, 2))) for index, word in enumerate(words)]
    if words[1] == "run":
        image = next(index for index, word in enumerate(words) if _IMAGE.match(word))
        found = found[image + 1 :]
    add_flags(meaning, engine_words(found))


def _docker(meaning: Meaning, text: str, place: Place) -> None:
    known = dict(re.findall(r"^export (\w+)=(\S+)$", text, re.MULTILINE))
    command = _RUN.search(substituted(text.replace("\\\n", " "), known))
    words = shlex.split(command[2] if command else "")
    image = next(index for index, word in enumerate(words) if _IMAGE.match(word))
    for option, value in pairwise(words[: image + 1]):
        if _VALUE_OPTIONS.match(option) and "=" in value:
            name, _, content = value.partition("=")
            meaning.add("env", name, content, place.as_part(f"--env {name}"))
    for source in re.findall(r"source=(/[^,\s]+)", " ".join(words[:image])):
        meaning.add("volume", f"hostPath {source}", True, place)
    arguments = [(word, place.as_part("?")) for word in words[image + 1 :]]
    add_flags(meaning, engine_words(arguments))


def add_compose(meaning: Meaning, document: Place) -> None:
    """The service that runs an engine."""
    for _, service in (document / "services").entries():
        if re.search("vllm|sglang", str(service.data.get("image"))):
            _service(meaning, service)
            return


def _service(meaning: Meaning, service: Place) -> None:
    words: Words = []
    for key in ("entrypoint", "command"):
        words += _words(service / key)
    add_flags(meaning, engine_words(words))
    for each in (service / "volumes").items():
        if isinstance(each.data, dict) and each.data.get("type") == "bind":
            meaning.add("volume", f"hostPath {each.data['source']}", True, each)
    environment = service / "environment"
    entries = environment.entries() if isinstance(environment.data, dict) else _listed(environment)
    for name, value in entries:
        meaning.add("env", name, _text(value.data), value)


def _words(value: Place) -> Words:
    if isinstance(value.data, list):
        return [(_text(each.data), each) for each in value.items()]
    return [(word, value.as_part("?")) for word in shlex.split(_text(value.data or ""))]


def _listed(environment: Place) -> list[tuple[str, Place]]:
    found = []
    for each in environment.items():
        name, equals, value = each.data.partition("=")
        if equals:
            found.append((name, Place(value, each.path, each.lines)))
    return found


def _text(data: Any) -> str:
    return substituted(str(data), {})
