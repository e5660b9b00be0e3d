"""wingsctl pause and wingsctl resume."""

from __future__ import annotations

from typing import Annotated

import typer

from wingsctl.cli.options import Format, OutputFormat
from wingsctl.cli.output import reporting, say

PAUSE_HELP = """Stop KEDA from scaling a release; what runs goes on running.

\b
Example: wingsctl pause chat -n llm
"""
RESUME_HELP = """Let KEDA scale a paused release again.

\b
Example: wingsctl resume chat -n llm
"""
Release = Annotated[str, typer.Argument(metavar="RELEASE", help="Name of the helm release.")]
Namespace = Annotated[
    str | None, typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the release.")
]
KubeContext = Annotated[
    str | None, typer.Option("--kube-context", metavar="NAME", help="Context of the kubeconfig.")
]


def pause_command(
    release: Release,
    namespace: Namespace = None,
    kube_context: KubeContext = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, pause, print."""
    _run("pause", release, namespace, kube_context, output)


def resume_command(
    release: Release,
    namespace: Namespace = None,
    kube_context: KubeContext = None,
    output: OutputFormat = Format.text,
) -> None:
    """Unpack, resume, print."""
    _run("resume", release, namespace, kube_context, output)


def _run(
    command: str, release: str, namespace: str | None, kube_context: str | None, output: Format
) -> None:
    is_paused = command == "pause"
    with reporting(command, output) as report:
        from wingsctl.actions.pause_scaling import PauseRequest, pause_scaling

        result = pause_scaling(PauseRequest(release, is_paused, namespace, kube_context))
        if result.command and not report.is_data:
            say(f"+ {result.command}")
        state = "paused" if is_paused else "resumed"
        data = {
            "release": release,
            "command": result.command,
            "scaledObjects": [
                {"name": each.name, "paused": is_paused, "changed": each.is_changed}
                for each in result.objects
            ],
        }
        lines = [
            f"{each.name}: {state if each.is_changed else f'was {state} before'}"
            for each in result.objects
        ]
        report.done(data, "\n".join(lines))
