"""wingsctl init."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from wingsctl.cli.names import names_of, recipe_names
from wingsctl.cli.options import CatalogDirs, Format, catalog_dirs
from wingsctl.cli.output import reporting

HELP = """Write a first profile, from a few answers or a recipe.

On a terminal there are questions about what no option gives. Layouts that hold the model are
proposed by the calculation of plan; the chosen one is written, with a line about each decision.

\b
Example: wingsctl init
Example: wingsctl init --model qwen3-32b --from-cluster --for latency
Example: wingsctl init --model qwen3-8b --accelerator nvidia-l4 --yes --to -
Example: wingsctl init --recipe deepseek-r1-8xh200 --name chat
"""
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
            autocompletion=names_of("models"),
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
            autocompletion=names_of("accelerators"),
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
            autocompletion=names_of("engines"),
            help="Engine of the catalog.",
        ),
    ] = "vllm",
    count: Annotated[
        int | None, typer.Option("--count", metavar="N", min=1, max=16, help="Devices of each pod.")
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option("--nodes", metavar="N", min=1, max=512, help="Pods of each replica."),
    ] = None,
    fabric: Annotated[
        str,
        typer.Option(
            "--fabric",
            metavar="NAME",
            autocompletion=names_of("fabrics"),
            help="Network between the nodes, where the cluster does not show it.",
        ),
    ] = "",
    length: Annotated[
        int | None,
        typer.Option("--length", metavar="N", min=1, help="Tokens of the longest request."),
    ] = None,
    requests: Annotated[
        int | None,
        typer.Option("--requests", metavar="N", min=1, help="Requests of that length at once."),
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
            "--recipe", metavar="NAME", autocompletion=recipe_names, help="Take this one."
        ),
    ] = "",
    list_recipes: Annotated[
        bool, typer.Option("--list-recipes", help="Print the recipes.")
    ] = False,
    layout: Annotated[
        int | None,
        typer.Option("--layout", metavar="N", min=1, help="Number of the layout to take."),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Of the profile; else the model's.")
    ] = "",
    to: Annotated[
        str,
        typer.Option("--to", metavar="FILE", help="Else NAME.wings.yaml; - is standard output."),
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="No questions: take defaults, and layout 1.")
    ] = False,
    catalog: CatalogDirs = None,
    output: Annotated[
        Format, typer.Option("-o", "--output", help="text for people, json for programs.")
    ] = Format.text,
) -> None:
    """Unpack, get the rest, print."""
    with reporting("init", output) as report:
        from wingsctl.cli.init_given import Given
        from wingsctl.cli.init_result import print_recipes, write, write_recipe

        given = Given(
            model, source, from_cluster, accelerator or [], goal.value if goal else None, engine,
            count, nodes, fabric, length, requests, to_zero, prices, layout, name, to, force,
            catalog_dirs(catalog),
        )  # fmt: skip
        if list_recipes:
            print_recipes(report)
        elif recipe:
            write_recipe(report, recipe, given)
        else:
            write(report, given, yes=yes)
