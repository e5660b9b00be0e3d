"""What the options of `init` give, and what they leave open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from wingsctl.errors import WingsError

if TYPE_CHECKING:
    from wingsctl.actions.init_profile import InitRequest

FLAGS = {
    "model": "--model",
    "source": "--source",
    "place": "--accelerator or --from-cluster",
    "goal": "--for",
    "layout": "--layout",
}
WITHOUT_DEFAULT = ("model", "place")


@dataclass(frozen=True)
class Given:
    """The values of the options."""

    model: str
    source: str
    cluster: str | None
    accelerators: Sequence[str]
    goal: Any
    engine: str
    count: int | None
    nodes: int | None
    fabric: str
    length: int | None
    requests: int | None
    to_zero: bool
    prices: Path | None
    layout: int | None
    name: str
    to: str
    force: bool
    catalogs: Sequence[Path]

    @property
    def place(self) -> bool:
        """Whether the hardware is known."""
        return bool(self.accelerators) or self.cluster is not None

    @property
    def is_about_layouts(self) -> bool:
        """Whether an option is given that a recipe has decided already."""
        numbers = (self.count, self.nodes, self.length, self.requests, self.layout)
        words = (self.model, self.source, self.goal, self.fabric, self.to_zero, self.prices)
        return any(words) or any(each is not None for each in numbers) or self.place

    def missing(self, *, with_defaults: bool) -> list[str]:
        """The options without which something stays open."""
        from wingsctl.actions.init_checks import is_path

        needed = {*WITHOUT_DEFAULT, *(["source"] if is_path(self.model) else [])}
        open_ones = [key for key in FLAGS if not getattr(self, key)]
        return [FLAGS[key] for key in open_ones if not with_defaults or key in needed]

    def request(self) -> InitRequest:
        """As the action takes it; raises BadParameter for a place or name that is none."""
        from wingsctl.actions.init_profile import InitRequest
        from wingsctl.plan.new_profile import Answers

        answers = Answers(
            self.model, self.name, "", self.engine, self.read_source(), self.goal or "cost",
            self.length, self.requests, self.count, self.nodes, self.fabric, self.to_zero,
        )  # fmt: skip
        return InitRequest(
            answers, self.accelerators, self.cluster, self.prices, self.to, self.catalogs
        )

    def read_source(self) -> Any:
        """The source in a profile's shape."""
        from wingsctl.plan.new_source import parse_source

        try:
            return parse_source(self.source) if self.source else None
        except WingsError as error:
            raise typer.BadParameter(f"--source: {error_words(error)}") from error


def error_words(error: WingsError) -> str:
    """An error in one line."""
    problems = "; ".join(str(each) for each in error.problems)
    return "; ".join(part for part in (error.message, problems, error.hint) if part)
