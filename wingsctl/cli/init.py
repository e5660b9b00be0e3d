"""wingsctl init."""

from __future__ import annotations

from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from wingsctl.cli import completion
from wingsctl.cli.options import CatalogDirs, Format, catalog_dirs
from wingsctl.cli.output import Report, has_person, reporting, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wingsctl.actions.init_profile import NewProfile, Proposals
    from wingsctl.actions.layout import Layout
    from wingsctl.cli.init_dialogue import Given

HELP = """Write a first profile, from a few answers or a recipe.

On a terminal it asks for what no option says. It proposes layouts that hold the model by the
calculation of plan, and writes the one that is chosen with a line about each decision.

\b
Example: wingsctl init
Example: wingsctl init --model qwen3-32b --from-cluster --for latency
Example: wingsctl init --model qwen3-8b --accelerator nvidia-l4 --yes --to -
Example: wingsctl init --recipe deepseek-r1-8xh200 --name chat
"""
HEADINGS = (
    "", "ACCELERATOR", "CARDS", "NODES", "VERDICT", "LENGTH", "TOKENS", "REQUESTS", "AN HOUR",
)  # fmt: skip
CLUSTER = "--from-cluster"


class GoalOption(str, Enum):
    """What matters."""

    latency = "latency"
    throughput = "throughput"
    context = "context"
    cost = "cost"


class Command(TyperCommand):
    """`--from-cluster` may stand without a file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As `--from-cluster=` where no file follows."""
        pairs = zip(args, [*args[1:], "--"], strict=False)
        return super().parse_args(ctx, [_with_value(word, after) for word, after in pairs])


def _with_value(word: str, after: str) -> str:
    is_bare = word == CLUSTER and after.startswith("-") and after != "-"
    return f"{word}=" if is_bare else word


def command(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            autocompletion=completion.models,
            help="Name in the catalog, or a path: a config.json, or a model's directory.",
        ),
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--source",
            metavar="WHERE",
            help="The weights: huggingface[:SECRET], modelscope[:SECRET], pvc:CLAIM[/DIRECTORY], "
            "hostPath:/DIRECTORY or image:REFERENCE.",
        ),
    ] = "",
    from_cluster: Annotated[
        str | None,
        typer.Option(
            CLUSTER,
            metavar="[FILE]",
            help="Take the nodes that kubectl shows, or those of a file: the output of kubectl "
            "get nodes -o json or yaml; - is standard input.",
        ),
    ] = None,
    accelerator: Annotated[
        list[str] | None,
        typer.Option(
            "--accelerator",
            metavar="NAME",
            autocompletion=completion.accelerators,
            help="This card; none is CPUs alone. Repeatable.",
        ),
    ] = None,
    goal: Annotated[
        GoalOption | None, typer.Option("--for", help="What matters; with --yes cost.")
    ] = None,
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            metavar="NAME",
            autocompletion=completion.engines,
            help="Engine of the catalog.",
        ),
    ] = "vllm",
    count: Annotated[
        int | None, typer.Option("--count", min=1, max=16, help="Devices of each pod.")
    ] = None,
    nodes: Annotated[
        int | None, typer.Option("--nodes", min=1, max=512, help="Pods of each replica.")
    ] = None,
    fabric: Annotated[
        str,
        typer.Option(
            "--fabric",
            metavar="NAME",
            autocompletion=completion.fabrics,
            help="Network between the nodes, where the cluster does not show it.",
        ),
    ] = "",
    length: Annotated[
        int | None, typer.Option("--length", min=1, help="Tokens of the longest request.")
    ] = None,
    requests: Annotated[
        int | None, typer.Option("--requests", min=1, help="Requests of that length at once.")
    ] = None,
    to_zero: Annotated[
        bool, typer.Option("--to-zero", help="No pod while there are no requests; needs KEDA.")
    ] = False,
    prices: Annotated[
        Path | None,
        typer.Option(
            "--prices", metavar="FILE", help="YAML of yours: accelerator, price of an hour."
        ),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            "--recipe", metavar="NAME", autocompletion=completion.recipes, help="Take this one."
        ),
    ] = "",
    list_recipes: Annotated[
        bool, typer.Option("--list-recipes", help="Print the recipes.")
    ] = False,
    layout: Annotated[
        int | None, typer.Option("--layout", min=1, help="Number of the layout to take.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Of the profile; else the model's.")
    ] = "",
    to: Annotated[
        str,
        typer.Option("--to", metavar="FILE", help="Else <name>.wings.yaml; - is standard output."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take defaults, and layout 1.")
    ] = False,
    catalog: CatalogDirs = None,
    output: Annotated[
        Format, typer.Option("-o", "--output", help="text for people, json for programs.")
    ] = Format.text,
) -> None:
    """Unpack, ask for the rest, print."""
    with reporting("init", output) as report:
        from wingsctl.cli.init_dialogue import Given

        given = Given(
            model, source, from_cluster, accelerator or [], goal.value if goal else None, engine,
            count, nodes, fabric, length, requests, to_zero, prices, layout, name, to, force,
            catalog_dirs(catalog),
        )  # fmt: skip
        if list_recipes:
            _list(report)
        elif recipe:
            _write_recipe(report, recipe, given)
        else:
            _write(report, given, yes=yes)


def _list(report: Report) -> None:
    from wingsctl.actions.recipes import list_recipes

    found = list_recipes()
    rows = [(each.name, each.summary) for each in found]
    report.done([asdict(each) for each in found], table(rows, ("RECIPE", "WHAT IT IS")))


def _write_recipe(report: Report, recipe: str, given: Given) -> None:
    from wingsctl.actions.init_checks import STDOUT
    from wingsctl.actions.recipes import take_recipe

    if given.is_about_layouts:
        raise typer.BadParameter("--recipe goes with --name, --to, --force and --output only")
    made = take_recipe(recipe, given.name, given.to, force=given.force)
    data = {"recipe": recipe, "profile": {"file": made.file, "text": made.text}}
    report.done(data, made.text if made.file == STDOUT else _next(made.file))


def _write(report: Report, given: Given, *, yes: bool) -> None:
    from wingsctl.actions.init_checks import check_file
    from wingsctl.actions.init_profile import new_profile, propose

    given.read_source()
    if has_person() and not yes:
        from wingsctl.cli.init_dialogue import ask_for

        proposals, layout = ask_for(given)
    else:
        _check_complete(given, yes=yes)
        proposals = propose(given.request())
        layout = _numbered(proposals, given.layout)
    made = new_profile(proposals, layout, given.catalogs)
    check_file(made.file, force=given.force)
    _finish(report, proposals, layout, made, force=given.force)


def _check_complete(given: Given, *, yes: bool) -> None:
    missing = given.missing(with_defaults=yes)
    if missing:
        rest = "" if yes else "; --yes takes the defaults of those that have one"
        raise typer.BadParameter(f"nobody to ask, and missing: {', '.join(missing)}{rest}")


def _numbered(proposals: Proposals, number: int | None) -> Layout:
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
