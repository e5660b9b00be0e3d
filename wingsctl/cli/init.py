"""wingsctl init."""

from __future__ import annotations

from typing import Any

import typer

from wingsctl.cli import init_options as options
from wingsctl.cli.choice_options import Accelerators, EngineName, Length, Prices
from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, catalog_dirs
from wingsctl.cli.output import reporting
from wingsctl.cli.words import WORDS, CommandWithWords

HELP = """Write a first profile, from a few answers or a recipe.

On a terminal there are questions about what no option gives. Layouts that hold the model are
proposed by the calculation of plan; the chosen one is written, with a line about each decision.

\b
Example: wingsctl init
Example: wingsctl init --model qwen3-32b --from-cluster --for latency
Example: wingsctl init --model qwen3-8b --accelerator nvidia-l4 --yes --to -
Example: wingsctl init --recipe deepseek-r1-8xh200 --name chat
Example: wingsctl init --from deployment.yaml --from service.yaml
Example: wingsctl init -- vllm serve Qwen/Qwen3-8B --max-model-len 8192
"""


class Command(CommandWithWords):
    """`--from-cluster` may stand without a file; behind `--` there is a command to convert."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As `--from-cluster=` where no file follows."""
        end = args.index("--") if "--" in args else len(args)
        ours = args[:end]
        pairs = zip(ours, [*ours[1:], "--"], strict=False)
        named = [_with_value(word, after) for word, after in pairs]
        return super().parse_args(ctx, [*named, *args[end:]])


def _with_value(word: str, after: str) -> str:
    is_bare = word == options.CLUSTER and after.startswith("-") and after != "-"
    return f"{word}=" if is_bare else word


def command(
    context: typer.Context,
    model: options.Model = "",
    source: options.Source = "",
    from_cluster: options.FromCluster = None,
    accelerator: Accelerators = None,
    goal: options.Goal = None,
    engine: EngineName = "",
    count: options.Count = None,
    nodes: options.Nodes = None,
    fabric: options.Fabric = "",
    length: Length = None,
    requests: options.Requests = None,
    to_zero: options.ToZero = False,
    prices: Prices = None,
    inputs: options.Inputs = None,
    recipe: options.Recipe = "",
    list_recipes: options.ListRecipes = False,
    layout: options.LayoutNumber = None,
    name: options.Name = "",
    to: options.To = "",
    force: options.Replace = False,
    yes: options.Yes = False,
    catalog: CatalogDirs = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, get the rest, print."""
    words = context.meta[WORDS]
    is_input = bool(words or inputs)
    if words and inputs:
        raise typer.BadParameter("give files with --from, or one command behind --")
    if is_input and (recipe or list_recipes):
        raise typer.BadParameter("a recipe is made already: leave out --from, or --recipe")
    with reporting("init", output) as report:
        from wingsctl.cli.init_from import write_converted
        from wingsctl.cli.init_given import Given
        from wingsctl.cli.init_result import print_recipes, write, write_recipe

        given = Given(
            model, source, from_cluster, accelerator or [], goal.value if goal else None,
            engine or ("" if is_input else "vllm"),
            count, nodes, fabric, length, requests, to_zero, prices, layout, name, to, force,
            catalog_dirs(catalog),
        )  # fmt: skip
        if list_recipes:
            print_recipes(report)
        elif recipe:
            write_recipe(report, recipe, given)
        elif is_input:
            write_converted(report, given, inputs or [], words, yes=yes)
        else:
            write(report, given, yes=yes)
