"""The options of `init`, each with its words."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from wingsctl.cli.choice_options import MODEL_HELP
from wingsctl.cli.names import names_of, recipe_names

CLUSTER = "--from-cluster"


class GoalOption(str, Enum):
    """What matters."""

    latency = "latency"
    throughput = "throughput"
    context = "context"
    cost = "cost"


Model = Annotated[
    str,
    typer.Option("--model", metavar="MODEL", autocompletion=names_of("models"), help=MODEL_HELP),
]
Source = Annotated[
    str,
    typer.Option(
        "--source",
        metavar="WHERE",
        help="The weights: huggingface[:SECRET], modelscope[:SECRET], pvc:CLAIM[/DIRECTORY], "
        "hostPath:/DIRECTORY or image:REFERENCE.",
    ),
]
FromCluster = Annotated[
    str | None,
    typer.Option(
        CLUSTER,
        metavar="[FILE]",
        help="Take the nodes that kubectl shows, or those of a file: the output of kubectl "
        "get nodes -o json or yaml; - is standard input.",
    ),
]
Goal = Annotated[GoalOption | None, typer.Option("--for", help="What matters; with --yes cost.")]
Count = Annotated[
    int | None, typer.Option("--count", metavar="N", min=1, max=16, help="Devices of each pod.")
]
Nodes = Annotated[
    int | None, typer.Option("--nodes", metavar="N", min=1, max=512, help="Pods of each replica.")
]
Fabric = Annotated[
    str,
    typer.Option(
        "--fabric",
        metavar="NAME",
        autocompletion=names_of("fabrics"),
        help="Network between the nodes, where the cluster does not show it.",
    ),
]
Requests = Annotated[
    int | None,
    typer.Option("--requests", metavar="N", min=1, help="Requests of that length at once."),
]
ToZero = Annotated[
    bool, typer.Option("--to-zero", help="No pod while there are no requests; needs KEDA.")
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="FILE",
        help="What runs today, as for convert: manifests, values, compose, a command. "
        "Repeatable; or one command behind --.",
    ),
]
Recipe = Annotated[
    str,
    typer.Option("--recipe", metavar="NAME", autocompletion=recipe_names, help="Take this one."),
]
ListRecipes = Annotated[bool, typer.Option("--list-recipes", help="Print the recipes.")]
LayoutNumber = Annotated[
    int | None,
    typer.Option("--layout", metavar="N", min=1, help="Number of the layout to take."),
]
Name = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Of the profile; else the model's.")
]
To = Annotated[
    str,
    typer.Option("--to", metavar="FILE", help="Else NAME.wings.yaml; - is standard output."),
]
Replace = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="No questions: take defaults, and layout 1.")
]
