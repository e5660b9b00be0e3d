"""Options of `install` that are helm's own, or decide how helm waits."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer


class DryRun(str, Enum):
    """Where helm simulates."""

    client = "client"
    server = "server"


Release = Annotated[
    str, typer.Option("--release", metavar="NAME", help="Release name; default: the chart's.")
]
Namespace = Annotated[
    str | None,
    typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the release."),
]
CreateNamespace = Annotated[bool, typer.Option("--create-namespace", help="Make it.")]
KubeContext = Annotated[
    str | None,
    typer.Option("--kube-context", metavar="NAME", help="Context of the kubeconfig."),
]
SetValues = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As helm's; repeatable.")
]
SetStrings = Annotated[
    list[str] | None,
    typer.Option("--set-string", metavar="KEY=VALUE", help="The value is text."),
]
SetJson = Annotated[
    list[str] | None, typer.Option("--set-json", metavar="KEY=JSON", help="The value is JSON.")
]
SetFiles = Annotated[
    list[str] | None, typer.Option("--set-file", metavar="KEY=FILE", help="It is a file's text.")
]
ValuesFiles = Annotated[
    list[str] | None, typer.Option("-f", "--values", metavar="FILE", help="Values; repeatable.")
]
Wait = Annotated[bool, typer.Option("--wait", help="Until all pods are ready.")]
WaitAddress = Annotated[
    bool,
    typer.Option("--wait-address", help="--wait, and until a load balancer has an address."),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="TIME",
        help="As helm's; default where it waits: what the values need.",
    ),
]
RollbackOnFailure = Annotated[
    bool, typer.Option("--rollback-on-failure", help="Implies --wait; --atomic of helm 3.")
]
Simulate = Annotated[
    DryRun | None, typer.Option("--dry-run", help="helm simulates; alone: client.")
]
HelmPath = Annotated[
    str | None, typer.Option("--helm", metavar="PATH", help="Default: HELM_BIN, then PATH.")
]


def with_simulation(arguments: list[str]) -> list[str]:
    """As helm and kubectl read it, `--dry-run` without a word of its own means client."""
    modes = set(DryRun)
    return [
        "--dry-run=client" if (word, following in modes) == ("--dry-run", False) else word
        for word, following in zip(arguments, [*arguments[1:], ""], strict=False)
    ]
