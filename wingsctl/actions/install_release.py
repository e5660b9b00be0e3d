"""Render a profile, or take a rendered chart, and hand it to helm."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wingsctl.actions.explain_failure import explain_failure, how_to_look
from wingsctl.actions.profile_request import STDIN, ProfileRequest
from wingsctl.adapters.helm import Helm, Upgrade, find_helm
from wingsctl.adapters.kubectl import find_kubectl, place_flags
from wingsctl.adapters.process import Runner, run_process
from wingsctl.adapters.text_files import read_text
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.chart.metadata import TIMEOUT_ANNOTATION
from wingsctl.documents import Problem
from wingsctl.errors import ProfileError, ToolError
from wingsctl.plan.image_reference import GATEWAY_REPOSITORY, split_image

_SECRET_SETTING = re.compile(
    r"((?:token|passw(?:or)?d|secret|(?:api|access|private)[_-]?key)(?:\.\w+)?=)[^,\s']+", re.I
)


@dataclass(frozen=True)
class InstallRequest:
    """`source` is a profile, `-`, or the directory of a rendered chart."""

    source: str
    upgrade: Upgrade
    """`release` empty: the chart's name; `timeout` None with `wait`: the time budget's."""
    profiles: ProfileRequest
    output_dir: Path
    force: bool = False
    helm: str | None = None
    capture: bool = False


@dataclass(frozen=True)
class InstallResult:
    """What was run."""

    release: str
    chart: Path
    command: list[str]
    output: str
    warnings: list[Problem]


@dataclass(frozen=True)
class PreparedInstall:
    """A chart on disk and the exact command that installs it."""

    helm: Helm
    upgrade: Upgrade
    command: list[str]
    warnings: list[Problem]


def prepare_install(request: InstallRequest, run: Runner = run_process) -> PreparedInstall:
    """Everything up to running helm.

    Raises ProfileError, PlanError, ChartError or ToolError.
    """
    helm = find_helm(request.helm, os.environ, run)
    chart, warnings = _chart(request)
    name, timeout = _facts(chart)
    upgrade = replace(
        _with_gateway(request),
        release=request.upgrade.release or name,
        chart=chart,
        timeout=request.upgrade.timeout or (timeout if request.upgrade.wait else None),
    )
    if not _sets_gateway(upgrade):
        warnings = [*warnings, *_bare_gateway(chart / "values.yaml")]
    return PreparedInstall(helm, upgrade, helm.upgrade_command(upgrade), warnings)


def run_install(
    prepared: PreparedInstall, *, capture: bool = False, run: Runner = run_process
) -> InstallResult:
    """Run the prepared command.

    Raises ToolError where helm fails; where it had waited for the pods, with what the cluster says.
    """
    upgrade = prepared.upgrade
    try:
        output = prepared.helm.run_upgrade(prepared.command, capture=capture)
    except ToolError as error:
        raise ToolError(error.message, hint=_why(error, upgrade, run)) from error
    return InstallResult(
        upgrade.release, upgrade.chart, prepared.command, output, prepared.warnings
    )


def _why(error: ToolError, upgrade: Upgrade, run: Runner) -> str:
    """Helm says that time is over; only the cluster knows what was waited for."""
    waited = upgrade.wait or upgrade.rollback_on_failure
    if not waited or upgrade.dry_run is not None:
        return error.hint
    environment = os.environ
    namespace = upgrade.namespace or environment.get("HELM_NAMESPACE")
    context = upgrade.kube_context or environment.get("HELM_KUBECONTEXT")
    kubectl = find_kubectl(environment, namespace, context, run)
    if kubectl is None:
        lines = how_to_look(place_flags(namespace, context), upgrade.release)
    else:
        lines = explain_failure(kubectl, upgrade.release, is_gone=upgrade.rollback_on_failure)
    return "\n".join([error.hint, *lines])


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


def _bare_gateway(path: Path) -> list[Problem]:
    """A warning where the chart names the gateway's image without a registry."""
    values = parse_yaml(read_text(path), str(path)) if path.is_file() else None
    key = ("gateway", "image", "repository")
    if values is None or _at(values.data, *key) != GATEWAY_REPOSITORY:
        return []
    problem = values.problem(
        key,
        f"is the bare default {GATEWAY_REPOSITORY}, which no registry serves",
        "push the image, and name it with --gateway-image or in the profile",
        severity="warning",
    )
    return [problem]


def _facts(chart: Path) -> tuple[str, str | None]:
    """Name and helm time-out of a chart on disk."""
    path = chart / "Chart.yaml"
    metadata = parse_yaml(read_text(path), str(path))
    name = _at(metadata.data, "name")
    if not isinstance(name, str):
        problem = metadata.problem(("name",), "is required but missing")
        raise ProfileError(f"{path} is not valid", problems=[problem])
    seconds = _at(metadata.data, "annotations", TIMEOUT_ANNOTATION)
    return name, f"{seconds}s" if seconds else None


def _at(data: Any, *path: str) -> Any:
    """The value at a path, or None; what else is wrong with a chart, helm says."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _sets_gateway(upgrade: Upgrade) -> bool:
    settings = (*upgrade.set_values, *upgrade.set_strings, *upgrade.set_json)
    return bool(upgrade.values_files) or any(
        re.search(r"(^|,)gateway(\.image(\.repository)?)?=", setting) for setting in settings
    )


def shown_command(command: Sequence[str]) -> str:
    """The command as a shell would take it; what looks like a secret is masked."""
    import shlex

    from wingsctl.catalog.secrets import mask_secrets

    return _SECRET_SETTING.sub(r"\1***", mask_secrets(shlex.join(command)))
