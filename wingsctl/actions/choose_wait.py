"""Who waits for a release, and how long: helm, or kubectl where helm would wait for too much."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wingsctl.actions.await_release import WORKLOADS
from wingsctl.actions.chart_facts import ChartFacts
from wingsctl.adapters.helm import Helm, Upgrade
from wingsctl.adapters.helm_preview import Preview, gives_values, preview_upgrade
from wingsctl.adapters.helm_release import HelmRelease, Revision
from wingsctl.adapters.kubectl import Kubectl, sees_what_helm_sees
from wingsctl.chart.values_waits import waits_of_values
from wingsctl.documents import Problem
from wingsctl.errors import ToolError

HELM_SECONDS = 300
"""Helm's own default."""
_GROUP_SIZE = "LWS_GROUP_SIZE"
_AFTER_READY = {"post-install", "post-upgrade", "post-rollback"}
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DURATION = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")


@dataclass(frozen=True)
class Waiting:
    """`is_ours`: kubectl waits instead of helm. `seconds` is None where nothing waits.

    `services` are those that a load balancer gives an address, `objects` what helm applies;
    `before` is the release's history, known where we wait.
    """

    seconds: int | None = None
    services: tuple[str, ...] = ()
    is_ours: bool = False
    objects: Sequence[dict[str, Any]] = ()
    before: tuple[Revision, ...] = ()


def choose_wait(
    helm: Helm,
    upgrade: Upgrade,
    chart: ChartFacts,
    kubectl: Kubectl | None,
    environment: Mapping[str, str],
    text: str | None = None,
) -> tuple[Waiting, list[Problem]]:
    """For an upgrade that waits; `text` is the standard input for `--values -`.

    The problems are warnings: a time-out that is too short, an address that may never come.
    """
    warnings: list[Problem] = []
    try:
        preview = preview_upgrade(helm, upgrade, _kept_values(helm, upgrade, text), text)
    except ToolError as error:
        preview = Preview({}, [])
        warnings.append(_unknown(chart, error))
    needed = _needed_seconds(preview, chart)
    given = parse_duration(upgrade.timeout) if upgrade.timeout else None
    if needed and given is not None and given < needed:
        warnings.append(_too_short(chart, upgrade.timeout or "", needed))
    seconds = math.ceil(given) if given is not None else needed or HELM_SECONDS
    services = tuple(_balanced(preview.objects))
    if not services or not helm.wants_address or upgrade.dry_run is not None:
        return Waiting(seconds, services), warnings
    try:
        _check_own_wait(preview, kubectl, environment)
        before = tuple(HelmRelease(helm, upgrade).history())
    except ToolError as error:
        return Waiting(seconds, services), [*warnings, _waits_for_address(chart, upgrade, error)]
    applied = [each for each in preview.objects if not _hooks(each)]
    return Waiting(seconds, services, is_ours=True, objects=applied, before=before), warnings


def parse_duration(text: str) -> float | None:
    """Seconds of helm's form (`1h30m`, `90s`); None where helm would not take it."""
    if text == "0":
        return 0
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _kept_values(helm: Helm, upgrade: Upgrade, text: str | None) -> str | None:
    """An upgrade without any values keeps those of the release; without a cluster, none."""
    if upgrade.drops_values or (gives_values(upgrade, text) and not upgrade.keeps_values):
        return None
    try:
        return HelmRelease(helm, upgrade).kept_values()
    except ToolError:
        return None


def _needed_seconds(preview: Preview, chart: ChartFacts) -> int | None:
    waits = waits_of_values(preview.values, _group_size(preview.objects))
    return waits.helm_timeout if waits else chart.timeout_seconds


def _group_size(objects: list[dict[str, Any]]) -> int:
    """Pods of one replica, as each of them gets in its environment."""
    for each in objects:
        pod = each.get("spec", {}).get("template", {}).get("spec", {})
        for container in pod.get("containers", []):
            for variable in container.get("env") or []:
                if variable.get("name") == _GROUP_SIZE:
                    return int(variable["value"])
    return 1


def _balanced(objects: list[dict[str, Any]]) -> Iterator[str]:
    for each in objects:
        if each.get("kind") == "Service" and each.get("spec", {}).get("type") == "LoadBalancer":
            yield str(each["metadata"]["name"])


def _check_own_wait(
    preview: Preview, kubectl: Kubectl | None, environment: Mapping[str, str]
) -> None:
    """Raises ToolError with the reason for which helm itself has to wait."""
    if kubectl is None:
        raise ToolError("kubectl is not on PATH")
    if not sees_what_helm_sees(environment):
        raise ToolError("variables HELM_KUBE... lead helm where kubectl does not look")
    if any(_hooks(each) & _AFTER_READY for each in preview.objects):
        raise ToolError("the chart has hooks that run after helm's own wait")
    for kind in sorted({each.get("kind", "") for each in preview.objects} & set(WORKLOADS)):
        if not kubectl.may("watch", f"{kind.lower()}s.apps"):
            raise ToolError(f"kubectl may not watch {kind}s, or the cluster does not answer")


def _hooks(each: dict[str, Any]) -> set[str]:
    annotations = each.get("metadata", {}).get("annotations") or {}
    return set(str(annotations.get("helm.sh/hook", "")).replace(",", " ").split())


def _unknown(chart: ChartFacts, error: ToolError) -> Problem:
    return chart.warning(
        ("startup",),
        "helm does not render the chart with these values: no time-out is computed from them",
        error.message,
    )


def _too_short(chart: ChartFacts, timeout: str, needed: int) -> Problem:
    return chart.warning(
        ("startup",),
        f"--timeout {timeout} is shorter than the {needed} s that a rollout with these values "
        "may take",
        "leave it out, or raise it",
    )


def _waits_for_address(chart: ChartFacts, upgrade: Upgrade, reason: ToolError) -> Problem:
    end = "rolls back" if upgrade.rollback_on_failure else "fails"
    return chart.warning(
        ("service", "type"),
        "is LoadBalancer: helm 3 waits until it has an external address, and "
        f"{end} if none comes in time",
        f"wingsctl cannot wait instead of it: {reason.message}",
    )
