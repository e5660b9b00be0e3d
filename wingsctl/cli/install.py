"""wingsctl install."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wingsctl.cli import install_options as options
from wingsctl.cli.chart_place import OldOutputDir, OutputDir, OutputOfCharts, chart_place
from wingsctl.cli.options import (
    CatalogDirs,
    Force,
    Format,
    GatewayImage,
    catalog_dirs,
)
from wingsctl.cli.output import Report, reporting, say, show_problems
from wingsctl.cli.words import WORDS, CommandWithWords

if TYPE_CHECKING:
    from wingsctl.actions.install_release import PreparedInstall
    from wingsctl.actions.run_install import InstallResult

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

        rest = super().parse_args(ctx, options.with_simulation(args))
        for reason in refused_options(ctx.meta[WORDS]):
            raise typer.BadParameter(reason, ctx=ctx)
        return rest

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The line of usage."""
        return [*super().collect_usage_pieces(ctx), "[-- HELM_OPTIONS]"]


def command(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="PROFILE|CHART", help="A profile, -, or a chart directory.")
    ],
    release: options.Release = "",
    namespace: options.Namespace = None,
    create_namespace: options.CreateNamespace = False,
    kube_context: options.KubeContext = None,
    set_values: options.SetValues = None,
    set_strings: options.SetStrings = None,
    set_json: options.SetJson = None,
    set_files: options.SetFiles = None,
    values_files: options.ValuesFiles = None,
    wait: options.Wait = False,
    wait_address: options.WaitAddress = False,
    timeout: options.Timeout = None,
    rollback_on_failure: options.RollbackOnFailure = False,
    dry_run: options.Simulate = None,
    helm: options.HelmPath = None,
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

        _print(report, prepared, run_install(prepared, show, capture=report.is_data))


def _print(report: Report, prepared: PreparedInstall, result: InstallResult) -> None:
    from wingsctl.actions.install_release import shown_command

    for each in result.addresses:
        if each.address and not report.is_data:
            say(f"service {each.service}: address {each.address}, port {each.port}")
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
    early = prepared.warnings if report.is_data else []
    report.done(data, "", [*early, *result.warnings])
