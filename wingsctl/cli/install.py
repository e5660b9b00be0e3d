"""wingsctl install."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from wingsctl.cli.chart_place import OldOutputDir, OutputDir, OutputOfCharts, chart_place
from wingsctl.cli.options import (
    CatalogDirs,
    Force,
    Format,
    GatewayImage,
    catalog_dirs,
)
from wingsctl.cli.output import reporting, say, show_problems
from wingsctl.cli.words import WORDS, CommandWithWords

HELP = """Install a profile, or a rendered chart, with helm.

What follows -- goes to helm as it stands.

\b
Example: wingsctl example minimal > chat.wings.yaml
Example: wingsctl install chat.wings.yaml -n llm --wait
Example: wingsctl install charts/chat -n llm --set replicas=2
Example: wingsctl install charts/chat -n llm -- --reset-then-reuse-values
"""


class InstallCommand(CommandWithWords):
    """What follows `--` is helm's."""

    may_be_empty = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Up to `--`; raises a usage error for what would contradict our own options."""
        from wingsctl.adapters.helm_options import refused_options

        rest = super().parse_args(ctx, args)
        for reason in refused_options(ctx.meta[WORDS]):
            raise typer.BadParameter(reason, ctx=ctx)
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The line of usage."""
        return [*super().collect_usage_pieces(ctx), "[-- HELM_OPTIONS]"]


class DryRun(str, Enum):
    """Where helm simulates."""

    client = "client"
    server = "server"


def command(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="PROFILE|CHART", help="A profile, -, or a chart directory.")
    ],
    release: Annotated[
        str, typer.Option("--release", metavar="NAME", help="Release name; default: the chart's.")
    ] = "",
    namespace: Annotated[
        str | None,
        typer.Option("-n", "--namespace", metavar="NAME", help="Namespace of the release."),
    ] = None,
    create_namespace: Annotated[bool, typer.Option("--create-namespace", help="Make it.")] = False,
    kube_context: Annotated[
        str | None,
        typer.Option("--kube-context", metavar="NAME", help="Context of the kubeconfig."),
    ] = None,
    set_values: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="As helm's; repeatable.")
    ] = None,
    set_strings: Annotated[
        list[str] | None,
        typer.Option("--set-string", metavar="KEY=VALUE", help="The value is text."),
    ] = None,
    set_json: Annotated[
        list[str] | None, typer.Option("--set-json", metavar="KEY=JSON", help="The value is JSON.")
    ] = None,
    set_files: Annotated[
        list[str] | None,
        typer.Option("--set-file", metavar="KEY=FILE", help="It is a file's text."),
    ] = None,
    values_files: Annotated[
        list[str] | None, typer.Option("-f", "--values", metavar="FILE", help="Values; repeatable.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Until all pods are ready.")] = False,
    wait_address: Annotated[
        bool,
        typer.Option("--wait-address", help="--wait, and until a load balancer has an address."),
    ] = False,
    timeout: Annotated[
        str | None,
        typer.Option(
            "--timeout",
            metavar="TIME",
            help="As helm's; default where it waits: what the values need.",
        ),
    ] = None,
    rollback_on_failure: Annotated[
        bool, typer.Option("--rollback-on-failure", help="Implies --wait; --atomic of helm 3.")
    ] = False,
    dry_run: Annotated[DryRun | None, typer.Option("--dry-run", help="helm simulates.")] = None,
    helm: Annotated[
        str | None, typer.Option("--helm", metavar="PATH", help="Default: HELM_BIN, then PATH.")
    ] = None,
    output_dir: OutputDir = None,
    old_output_dir: OldOutputDir = None,
    force: Force = False,
    catalog: CatalogDirs = None,
    gateway_image: GatewayImage = "",
    output: OutputOfCharts = Format.text,
) -> None:
    """Unpack, prepare, show the command, run it."""
    if Path(source).is_dir() and (catalog or force):
        raise typer.BadParameter("--catalog and --force are for profiles, not for a rendered chart")
    place = chart_place(output_dir, old_output_dir)
    with reporting("install", output) as report:
        from wingsctl.actions.install_release import (
            InstallRequest,
            prepare_install,
            shown_command,
        )
        from wingsctl.actions.profile_request import ProfileRequest
        from wingsctl.actions.run_install import run_install
        from wingsctl.adapters.helm import Upgrade

        upgrade = Upgrade(
            release, Path(), namespace, kube_context, values_files or [], set_values or [],
            set_strings or [], set_json or [], set_files or [], create_namespace,
            wait or wait_address, timeout, rollback_on_failure, dry_run.value if dry_run else None,
            context.meta[WORDS],
        )  # fmt: skip
        request = ProfileRequest([], catalog_dirs(catalog), gateway_image)
        prepared = prepare_install(
            InstallRequest(source, upgrade, request, place, force, helm, wait_address)
        )
        if not report.is_data:
            show_problems(prepared.warnings)

        def show(step: list[str]) -> None:
            if not report.is_data:
                say(f"+ {shown_command(step)}")

        result = run_install(prepared, show, capture=report.is_data)
        data = {
            "release": prepared.upgrade.release,
            "chart": str(prepared.upgrade.chart),
            "command": shown_command(prepared.command),
            "commands": [shown_command(step) for step in result.commands],
            "addresses": [
                {"service": each.service, "address": each.address or None, "port": each.port,
                 "nodePort": each.node_port}
                for each in result.addresses
            ],
            "helmOutput": result.output,
        }  # fmt: skip
        for each in result.addresses:
            if each.address and not report.is_data:
                say(f"service {each.service}: address {each.address}, port {each.port}")
        early = prepared.warnings if report.is_data else []
        report.done(data, "", [*early, *result.warnings])
