"""Render a profile, or take a rendered chart, and prepare the command that installs it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wingsctl.actions.chart_facts import ChartFacts, read_chart_facts
from wingsctl.actions.choose_wait import Waiting, choose_wait
from wingsctl.actions.dropped_values import check_dropped_values
from wingsctl.actions.profile_request import STDIN, ProfileRequest
from wingsctl.adapters.helm import Helm, Upgrade, find_helm
from wingsctl.adapters.kubectl import find_kubectl
from wingsctl.adapters.process import Runner, run_process
from wingsctl.adapters.text_files import read_stdin
from wingsctl.documents import Problem
from wingsctl.errors import ProfileError, ToolError
from wingsctl.plan.image_reference import GATEWAY_REPOSITORY, split_image

_SECRET_SETTING = re.compile(
    r"((?:token|passw(?:or)?d|secret|(?:api|access|private)[_-]?key)(?:\.\w+)?=)[^,\s']+", re.I
)
_PASSWORD = re.compile(r"(--password )('[^']*'|\S+)")


@dataclass(frozen=True)
class InstallRequest:
    """`source` is a profile, `-`, or the directory of a rendered chart."""

    source: str
    upgrade: Upgrade
    """`release` empty: the chart's name; `timeout` None: the plan's, where anything waits."""
    profiles: ProfileRequest
    output_dir: Path
    force: bool = False
    helm: str | None = None
    needs_address: bool = False
    """Fail where a Service of type LoadBalancer gets no address in time."""


@dataclass(frozen=True)
class PreparedInstall:
    """A chart on disk and the exact command that installs it; `text` is its standard input."""

    helm: Helm
    upgrade: Upgrade
    command: list[str]
    waiting: Waiting
    needs_address: bool
    chart: ChartFacts
    warnings: list[Problem]
    text: str | None = None


def prepare_install(request: InstallRequest, run: Runner = run_process) -> PreparedInstall:
    """Everything up to running helm.

    Raises ProfileError, PlanError, ChartError or ToolError.
    """
    helm = find_helm(request.helm, os.environ, run)
    chart, warnings = _chart(request)
    facts = read_chart_facts(chart)
    upgrade = replace(
        _with_gateway(request), release=request.upgrade.release or facts.name, chart=chart
    )
    if not _sets_gateway(upgrade):
        warnings = [*warnings, *_bare_gateway(facts)]
    text = read_stdin() if STDIN in upgrade.values_files else None
    warnings = [*warnings, *check_dropped_values(helm, upgrade, facts.values.file, text)]
    waiting = Waiting()
    if upgrade.wait or upgrade.rollback_on_failure:
        kubectl = find_kubectl(os.environ, upgrade.namespace, upgrade.kube_context, run)
        waiting, found = choose_wait(helm, upgrade, facts, kubectl, os.environ, text)
        warnings = [*warnings, *found]
        if request.needs_address and waiting.services and kubectl is None:
            raise ToolError(
                "--wait-address needs kubectl, which is not on PATH",
                hint="install it, or leave the option out",
            )
        upgrade = replace(upgrade, timeout=upgrade.timeout or f"{waiting.seconds}s")
    command = helm.upgrade_command(_left_to_helm(upgrade, waiting))
    return PreparedInstall(
        helm, upgrade, command, waiting, request.needs_address, facts, warnings, text
    )


def _left_to_helm(upgrade: Upgrade, waiting: Waiting) -> Upgrade:
    """Without what we do instead of it; its time-out stays, for hooks."""
    return replace(upgrade, wait=False, rollback_on_failure=False) if waiting.is_ours else upgrade


def _chart(request: InstallRequest) -> tuple[Path, list[Problem]]:
    path = Path(request.source)
    if request.source != STDIN and path.is_dir():
        if not (path / "Chart.yaml").is_file():
            raise ProfileError(
                f"{path} is a directory without Chart.yaml",
                hint="give a profile (*.wings.yaml) or the directory of a rendered chart",
            )
        return path, []
    from wingsctl.actions.render_charts import RenderRequest, render_charts

    profiles = replace(request.profiles, paths=[request.source])
    result = render_charts(RenderRequest(profiles, request.output_dir, force=request.force))
    return result.charts[0].directory, result.warnings


def _with_gateway(request: InstallRequest) -> Upgrade:
    """A rendered chart takes the gateway's image as values; a profile has it rendered in."""
    repository, tag, digest = split_image(request.profiles.gateway_image)
    if not repository or request.source == STDIN or not Path(request.source).is_dir():
        return request.upgrade
    parts = {"repository": repository, "tag": tag, "digest": digest}
    settings = [f"gateway.image.{key}={value}" for key, value in parts.items() if value]
    return replace(request.upgrade, set_strings=[*settings, *request.upgrade.set_strings])


def _bare_gateway(chart: ChartFacts) -> list[Problem]:
    """A warning where the chart names the gateway's image without a registry."""
    key = ("gateway", "image", "repository")
    if chart.value(*key) != GATEWAY_REPOSITORY:
        return []
    return [
        chart.warning(
            key,
            f"is the bare default {GATEWAY_REPOSITORY}, which no registry serves",
            "push the image, and name it with --gateway-image or in the profile",
        )
    ]


def _sets_gateway(upgrade: Upgrade) -> bool:
    settings = (*upgrade.set_values, *upgrade.set_strings, *upgrade.set_json)
    return bool(upgrade.values_files) or any(
        re.search(r"(^|,)gateway(\.image(\.repository)?)?=", setting) for setting in settings
    )


def shown_command(command: Sequence[str]) -> str:
    """The command as a shell would take it; what looks like a secret is masked."""
    import shlex

    from wingsctl.catalog.secrets import mask_secrets

    shown = _PASSWORD.sub(r"\1***", mask_secrets(shlex.join(command)))
    return _SECRET_SETTING.sub(r"\1***", shown)
