"""Judges whether the objects of one release fit together: what one names, another must be.

`find_complaints` knows nothing of a chart or a topology; it reads what helm printed. A kind that
it does not know is a complaint too, so that a new part of a chart cannot pass unread.
"""

from __future__ import annotations

from collections.abc import Collection

from tests.helm.cross_references import naming, pods, references, routes, scaling, selection
from tests.helm.cross_references.release import Object, Release

RULES = (
    *naming.RULES,
    *pods.RULES,
    *selection.RULES,
    *references.RULES,
    *routes.RULES,
    *scaling.RULES,
)


def find_complaints(
    objects: list[Object], external: Collection[tuple[str, str]] = (), namespace: str = "llm"
) -> list[str]:
    """All that does not fit, each with its object; `external` are (kind, name) from elsewhere."""
    release = Release(objects, frozenset(external), namespace)
    return [complaint for rule in RULES for complaint in rule(release)]
