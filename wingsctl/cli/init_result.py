"""What `init` writes and prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from wingsctl.cli.output import Report, has_person, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wingsctl.actions.init_profile import NewProfile, Proposals
    from wingsctl.actions.layout import Layout
    from wingsctl.cli.init_given import Given

HEADINGS = (
    "", "ACCELERATOR", "CARDS", "NODES", "VERDICT", "LENGTH", "TOKENS", "REQUESTS", "AN HOUR",
)  # fmt: skip


def print_recipes(report: Report) -> None:
    """All recipes."""
    from wingsctl.actions.recipes import list_recipes

    found = list_recipes()
    rows = [(each.name, each.summary) for each in found]
    report.done([asdict(each) for each in found], table(rows, ("RECIPE", "WHAT IT IS")))


def write_recipe(report: Report, recipe: str, given: Given) -> None:
    """One of the recipes; raises BadParameter beside options that it has decided."""
    from wingsctl.actions.init_checks import STDOUT
    from wingsctl.actions.recipes import take_recipe

    if given.is_about_layouts:
        raise typer.BadParameter("--recipe goes with --name, --to, --force and --output only")
    made = take_recipe(recipe, given.name, given.to, force=given.force)
    data = {"recipe": recipe, "profile": {"file": made.file, "text": made.text}}
    report.done(data, made.text if made.file == STDOUT else _next(made.file))


def write(report: Report, given: Given, *, yes: bool) -> None:
    """A profile for what is given, after questions about the rest on a terminal."""
    from wingsctl.actions.init_checks import check_file
    from wingsctl.actions.init_profile import new_profile, propose

    given.read_source()
    if has_person() and not yes:
        from wingsctl.cli.init_dialogue import run_dialogue

        proposals, layout = run_dialogue(given)
    else:
        _check_complete(given, yes=yes)
        proposals = propose(given.request())
        layout = numbered(proposals, given.layout)
    made = new_profile(proposals, layout, given.catalogs)
    check_file(made.file, force=given.force)
    _finish(report, proposals, layout, made, force=given.force)


def _check_complete(given: Given, *, yes: bool) -> None:
    missing = given.missing(with_defaults=yes)
    if missing:
        rest = "" if yes else "; --yes takes the defaults of those that have one"
        raise typer.BadParameter(f"no terminal, and missing: {', '.join(missing)}{rest}")


def numbered(proposals: Proposals, number: int | None) -> Layout:
    """The layout of that number, or the first; raises BadParameter."""
    layouts = proposals.layouts
    if number is not None and number > len(layouts):
        raise typer.BadParameter(f"--layout: there are {len(layouts)}")
    return layouts[(number or 1) - 1]


def _finish(
    report: Report, proposals: Proposals, layout: Layout, made: NewProfile, *, force: bool
) -> None:
    from wingsctl.actions.init_checks import STDOUT
    from wingsctl.actions.init_profile import layout_data, write_profile

    if made.file != STDOUT:
        write_profile(made.file, made.text, force=force)
    chosen = next(i for i, each in enumerate(proposals.layouts) if each is layout) + 1
    data = {
        "proposals": [layout_data(each) for each in proposals.layouts],
        "chosen": chosen,
        "remarks": list(proposals.remarks),
        "profile": {"file": made.file, "text": made.text},
    }
    text = made.text
    if made.file != STDOUT:
        notes = [f"note: {each}" for each in proposals.remarks]
        text = "\n".join([layout_table(proposals.layouts), *notes, "", _next(made.file)])
    report.done(data, text, made.warnings)


def _next(file: str) -> str:
    return f"wrote {file}\nnext: wingsctl plan {file}"


def layout_table(layouts: Sequence[Layout]) -> str:
    """The proposals, numbered."""
    return table([_row(*each) for each in enumerate(layouts, 1)], HEADINGS)


def _row(number: int, layout: Layout) -> tuple[str, ...]:
    card, tokens = layout.pool.accelerator, layout.tokens
    card += f" ({layout.pool.resource})" if layout.pool.resource else ""
    length = f"{layout.length:,}" if isinstance(layout.length, int) else layout.length
    return (
        str(number), card, str(layout.cards or ""), str(layout.nodes), layout.verdict, length,
        "" if tokens is None else f"{tokens:,}",
        f"{layout.requests:,.1f}" if layout.plan.fit else "",
        "" if layout.price is None else f"{layout.price:g}",
    )  # fmt: skip
