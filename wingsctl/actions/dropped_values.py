"""Values of a release that the next upgrade would drop without a word."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.adapters.helm import Helm, Upgrade
from wingsctl.adapters.helm_preview import given_values, gives_values
from wingsctl.adapters.helm_release import HelmRelease
from wingsctl.documents import Key, KeyPath, Problem, dotted
from wingsctl.errors import ToolError

_SHOWN = 8


def check_dropped_values(
    helm: Helm, upgrade: Upgrade, values_file: str, text: str | None = None
) -> list[Problem]:
    """A warning that names them, never what they hold; none where cluster or helm does not answer.

    Helm takes over what was given before only to an upgrade that is given nothing.
    """
    if upgrade.dry_run == "client" or upgrade.keeps_values or upgrade.drops_values:
        return []
    if not gives_values(upgrade, text):
        return []
    try:
        kept = HelmRelease(helm, upgrade).kept_values()
        given = set(_leaves(given_values(helm, upgrade, text))) if kept else set()
        before = json.loads(kept or "{}")
    except (ToolError, ValueError):
        return []
    dropped = [path for path in _leaves(before) if not _covers(given, path)]
    return [_warning(upgrade.release, values_file, dropped)] if dropped else []


def _leaves(values: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Where a value stands; lists are replaced as a whole."""
    if isinstance(values, Mapping) and values:
        for key, value in values.items():
            yield from _leaves(value, (*path, _key(key)))
    elif path:
        yield path


def _key(key: Any) -> Key:
    return key if isinstance(key, str) else str(key)


def _covers(given: set[KeyPath], path: KeyPath) -> bool:
    return any(path[:length] in given for length in range(1, len(path) + 1))


def _warning(release: str, file: str, dropped: list[KeyPath]) -> Problem:
    names = [dotted(path) for path in dropped]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Problem(
        file, 1, 1, "",
        f"release {release} has values of an earlier command that this one does not give, so "
        f"helm drops them: {', '.join(names[:_SHOWN])}{more}",
        "to keep them, add: -- --reset-then-reuse-values",
        "warning",
    )  # fmt: skip
