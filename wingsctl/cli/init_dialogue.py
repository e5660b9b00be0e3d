"""The questions of `init`: one at a time, each again until its answer can be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import typer

from wingsctl.cli.init_given import Given, error_words
from wingsctl.cli.output import prompt, say
from wingsctl.errors import WingsError

if TYPE_CHECKING:
    from wingsctl.actions.init_profile import Proposals
    from wingsctl.actions.layout import Layout
    from wingsctl.plan.cluster_pools import Cluster

T = TypeVar("T")
GOALS = ("cost", "latency", "throughput", "context")


def run_dialogue(given: Given) -> tuple[Proposals, Layout]:
    """Questions about what is missing; raises BadParameter where the input ends before."""
    dialogue = Dialogue(given)
    dialogue.choose_model()
    dialogue.choose_source()
    dialogue.choose_place()
    dialogue.choose_goal()
    dialogue.choose_name()
    return dialogue.choose_layout()


class Dialogue:
    """The answers so far."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.cluster: Cluster | None = None

    def until(self, question: str, read: Callable[[str], T], default: str = "") -> T:
        """The first answer that can be used; an empty one is the default."""
        shown = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            line = prompt(shown)
            if line is None:
                missing = ", ".join(self.given.missing(with_defaults=False)) or "an answer"
                raise typer.BadParameter(f"the input has ended, and missing: {missing}")
            try:
                return read(line.strip() or default)
            except WingsError as error:
                say(f"  {error_words(error)}")

    def choose_model(self) -> None:
        """A name of the catalog, or a path."""
        from wingsctl.actions.init_checks import check_model

        def read(text: str) -> str:
            check_model(text, self.given.catalogs)
            return text

        if not self.given.model:
            question = "Model (a name such as qwen3-8b, or a path to its config.json)"
            self.given = replace(self.given, model=self.until(question, read))

    def choose_source(self) -> None:
        """Where the weights are."""
        from wingsctl.actions.init_checks import check_place, is_path
        from wingsctl.plan.new_source import FORMS, parse_source

        def read(text: str) -> str:
            check_place(self.given.model, parse_source(text))
            return text

        if not self.given.source:
            say("Where are the weights?")
            for form in FORMS.values():
                say(f"  {form}")
            default = "" if is_path(self.given.model) else "huggingface"
            self.given = replace(self.given, source=self.until("Weights", read, default))

    def choose_place(self) -> None:
        """The nodes that kubectl shows, or a card by name."""
        if self.given.place:
            return
        if self._takes_cluster():
            self.given = replace(self.given, cluster="")
            return
        names = self.until(
            "Accelerator (? lists those that hold the model, none is a CPU)", self.cards
        )
        self.given = replace(self.given, accelerators=[names])

    def _takes_cluster(self) -> bool:
        from wingsctl.actions.init_checks import has_kubectl
        from wingsctl.actions.init_profile import read_cluster

        if not has_kubectl():
            return False
        if not self.until("Read the nodes of the cluster with kubectl? (yes, no)", _yes, "yes"):
            return False
        try:
            self.cluster = read_cluster(replace(self.given.request(), cluster=""))
        except WingsError as error:
            say(f"  {error_words(error)}")
            return False
        return True

    def cards(self, text: str) -> str:
        """A name that is known; `?` prints those that hold the model."""
        from wingsctl.actions.init_checks import cards_for, check_card

        given = self.given
        if text == "?":
            names = cards_for(given.model, given.engine, given.catalogs)
            raise WingsError(f"these hold it, the smallest first: {', '.join(names)}")
        if not text:
            raise WingsError("write a name such as nvidia-l4, or ? for those that hold the model")
        check_card(text, self.given.catalogs)
        return text

    def choose_goal(self) -> None:
        """What matters."""

        def read(text: str) -> str:
            found = [each for each in GOALS if text and each.startswith(text.lower())]
            if len(found) == 1:
                return found[0]
            raise WingsError(f"write one of {', '.join(GOALS)}")

        if not self.given.goal:
            question = f"What matters? ({', '.join(GOALS)})"
            self.given = replace(self.given, goal=self.until(question, read, "cost"))

    def choose_name(self) -> None:
        """Another one where a profile of this name is there; raises ProfileError for --to."""
        from wingsctl.actions.init_checks import check_file, check_name
        from wingsctl.actions.init_profile import file_of

        def read(text: str) -> str:
            if text:
                check_name(text)
            named = replace(self.given, name=text)
            check_file(file_of(named.request()), force=named.force)
            return text

        try:
            read(self.given.name)
        except WingsError as error:
            if self.given.to:
                raise
            say(f"  {error.message}")
            self.given = replace(self.given, name=self.until("Another name for the profile", read))

    def choose_layout(self) -> tuple[Proposals, Layout]:
        """One of the proposals."""
        from wingsctl.actions.init_profile import propose
        from wingsctl.cli.init_result import layout_table, numbered

        proposals = propose(self.given.request(), self.cluster)
        layouts = proposals.layouts

        def read(text: str) -> Layout:
            if text.isdecimal() and 1 <= int(text) <= len(layouts):
                return layouts[int(text) - 1]
            raise WingsError(f"write a number from 1 to {len(layouts)}")

        if self.given.layout:
            return proposals, numbered(proposals, self.given.layout)
        say(layout_table(layouts))
        return proposals, self.until("Layout", read, "1")


def _yes(text: str) -> bool:
    if text.lower() in ("y", "yes", "n", "no"):
        return text.lower().startswith("y")
    raise WingsError("write yes or no")
