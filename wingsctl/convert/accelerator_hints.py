"""Labels, types of instances and names -> an accelerator of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable

from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.catalog import Catalog
from wingsctl.plan.card_labels import MACHINES, card_of_label

_VENDORS = {"nvidia", "amd", "intel", "huawei", "tesla", "gpu", "geforce", "generation", "nvl72"}
_TOKEN = re.compile(r"[a-z]+[0-9]+[a-z]*|[0-9]+gb|[a-z]+|[0-9]+")


def accelerator_of(catalog: Catalog, key: str, value: str) -> tuple[str, list[str]]:
    """The accelerator that a label or a name means; else the candidates, if there are some."""
    cards: list[AcceleratorProfile] = [entry.profile for entry in catalog.entries("accelerators")]
    found = card_of_label(key, value, cards)
    if found is None and key in MACHINES:
        return "", []
    if found is None or not found.names:
        return _by_name(value, (each.name for each in cards))
    return (found.names[0], []) if len(found.names) == 1 else ("", list(found.names))


def _by_name(value: str, names: Iterable[str]) -> tuple[str, list[str]]:
    """By the words in a name: `NVIDIA-A100-SXM4-80GB` holds those of nvidia-a100-80gb."""
    wanted = _words(value)
    known = {name: _words(name) for name in names}
    whole = [name for name, words in known.items() if words <= wanted]
    if whole:
        return max(whole, key=lambda name: (len(known[name]), -len(name))), []
    part = [name for name, words in known.items() if _chip(words) & wanted]
    return "", sorted(part)


def _words(text: str) -> set[str]:
    return set(_TOKEN.findall(text.lower())) - _VENDORS


def _chip(words: set[str]) -> set[str]:
    """The words that name a chip, and not its memory."""
    return {each for each in words if re.fullmatch(r"[a-z]+[0-9]+[a-z]*", each)}
