"""What vLLM keeps beside a model, asked once for each layout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from layouts import PLAIN, Layout
from vllm_ranks import _Model

if TYPE_CHECKING:
    from engine_facts import Source

LAYOUTS = [Layout(tensor=size) for size in (1, 2, 4, 8)]


class Extra(_Model):
    """One thing that vLLM makes of the same config; `_held` measures it."""

    layouts = LAYOUTS

    def rows(self) -> Iterator[dict[str, Any]]:
        """One for each layout; the first alone where nothing can be built."""
        for layout in self.layouts:
            row = self.row(layout)
            yield row
            if layout == PLAIN and "refused" in row:
                return


def facts_of(kind: type[Extra], source: Source) -> dict[str, Any]:
    """All of the facts file but what names the config and the engine."""
    with TemporaryDirectory() as name:
        model = kind(Path(name), source)
        ranks = list(model.rows())
        return {"notes": sorted(model.notes), "ranks": ranks, **model.head}
