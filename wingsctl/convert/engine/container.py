"""Image, command and environment of the container that runs the engine."""

from __future__ import annotations

from collections.abc import Sequence

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.call import read_command
from wingsctl.convert.engine.command import read_arguments, set_engine
from wingsctl.convert.engine.environment import (
    CACHES,
    EnvEntry,
    read_environment,
    script_entries,
    variables_of,
)
from wingsctl.convert.engine.model_place import resolve_model
from wingsctl.convert.fields import Fields
from wingsctl.convert.images import engine_of_image, read_image, version_of_image
from wingsctl.convert.words import Variables, Word

_GROUP = "--ray_cluster_size"


def expanded_words(items: Sequence[Fields], entries: Sequence[EnvEntry]) -> list[Word]:
    """The words of `command` and `args`, with Kubernetes' `$(NAME)` written out."""
    variables = variables_of(entries)
    return [Word(variables.expanded(each.text()), each) for each in items]


def read_engine(
    conversion: Conversion, image: Fields, words: list[Word], entries: list[EnvEntry]
) -> bool:
    """Reads the engine's container; false where it starts no engine.

    The mounts of the workload must be known. Settles image, words and environment.
    """
    variables = _variables(entries, words)
    workload = conversion.workload
    by_image = conversion.wishes.engine or engine_of_image(image.text())
    workload.version = workload.version or version_of_image(image.text())

    def group_size(command: list[Word]) -> None:
        _read_group_size(conversion, command)

    call = read_command(conversion, words, variables, by_image, group_size)
    if call is None or set_engine(conversion, call.engine) is None:
        for each in (image, *(entry.fields for entry in entries)):
            each.dropped("no engine starts here", "give --engine NAME and --model OWNER/NAME")
        return False
    if by_image != call.engine:
        workload.version = version_of_image(image.text()) if by_image else ""
    variables.by_name.update(workload.exported)
    read_arguments(conversion, call.arguments, variables)
    workload.cache_dirs |= {text for name in CACHES if (text := variables.text(name))}
    resolve_model(conversion)
    read_image(conversion, image)
    read_environment(conversion, [*entries, *script_entries(conversion)], variables)
    return True


def _variables(entries: Sequence[EnvEntry], words: Sequence[Word]) -> Variables:
    """The variables; those that were written out in a word already count as used."""
    variables = variables_of(entries)
    for word in words:
        original = word.fields.text()
        if original != word.text:
            variables.expanded(original)
    return variables


def _read_group_size(conversion: Conversion, command: list[Word]) -> None:
    """`--ray_cluster_size=2`, as the script for Ray's leader takes it."""
    texts = [each.text for each in command]
    for text, following in zip(texts, [*texts[1:], ""], strict=True):
        if text.split("=")[0] == _GROUP:
            size = text.partition("=")[2] or following
            if size.isdigit() and 1 < int(size) <= 512:
                conversion.workload.group_size = int(size)
                conversion.draft.put("nodes", int(size))
