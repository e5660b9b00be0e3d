"""What helm would apply: it merges the values and renders the chart, without a cluster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wingsctl.adapters.helm import Helm, Upgrade
from wingsctl.adapters.yaml_files import parse_objects
from wingsctl.errors import ToolError

_KIND = "WingsctlValues"
_BARE_CHART = "apiVersion: v2\nname: bare\nversion: 0.0.0\n"
_DUMP = f'{{{{ dict "apiVersion" "v1" "kind" "{_KIND}" "values" .Values | toJson }}}}\n'


@dataclass(frozen=True)
class Preview:
    """The values in force, and the objects that they make of the chart, hooks among them."""

    values: Mapping[str, Any]
    objects: list[dict[str, Any]]


def preview_upgrade(
    helm: Helm, upgrade: Upgrade, kept: str | None = None, text: str | None = None
) -> Preview:
    """Render a copy of the chart that also prints its values.

    `kept` are values of the release that the upgrade keeps; those that are given win. `text`
    is the standard input for `--values -`. Raises ToolError with helm's message.
    """
    with TemporaryDirectory(prefix="wingsctl-") as directory:
        place = Path(directory)
        try:
            chart = _printing_copy(upgrade.chart, place / "chart")
            files = list(upgrade.values_files)
            if kept is not None:
                (place / "kept.json").write_text(kept, encoding="utf-8")
                files.insert(0, str(place / "kept.json"))
        except OSError as error:
            raise ToolError(f"cannot copy {upgrade.chart}: {error}") from error
        wanted = replace(upgrade, chart=chart, values_files=files)
        where = ["--namespace", upgrade.namespace] if upgrade.namespace else []
        printed = helm.ask(
            "template", wanted.release, str(chart), *where, *wanted.values, text=text
        )
    return _read(printed)


def given_values(helm: Helm, upgrade: Upgrade, text: str | None = None) -> Mapping[str, Any]:
    """What the upgrade's own flags and files give, by helm's rules, without any chart's values.

    Raises ToolError with helm's message.
    """
    with TemporaryDirectory(prefix="wingsctl-") as directory:
        chart = Path(directory)
        (chart / "templates").mkdir()
        (chart / "templates" / "values.yaml").write_text(_DUMP, encoding="utf-8")
        (chart / "Chart.yaml").write_text(_BARE_CHART, encoding="utf-8")
        return _read(helm.ask("template", "x", str(chart), *upgrade.values, text=text)).values


def gives_values(upgrade: Upgrade, text: str | None = None) -> bool:
    """Whether any value is given; files that hold none, helm takes for no file at all."""
    if len(upgrade.values) > 2 * len(upgrade.values_files):
        return True
    return any(_holds_values(name, text) for name in upgrade.values_files)


def _holds_values(name: str, text: str | None) -> bool:
    """A file that cannot be read here may be helm's to fetch."""
    try:
        found = text if name == "-" else Path(name).read_text("utf-8", errors="replace")
    except OSError:
        return True
    lines = [line.split("#")[0].strip() for line in (found or "").splitlines()]
    return bool({*lines} - {"", "---", "{}"})


def _printing_copy(chart: Path, copy: Path) -> Path:
    shutil.copytree(chart, copy)
    (copy / "templates").mkdir(exist_ok=True)
    (copy / "templates" / "wingsctl-values.yaml").write_text(_DUMP, encoding="utf-8")
    return copy


def _read(printed: str) -> Preview:
    """The values are a line of JSON; what a YAML reader makes of numbers is not asked."""
    start = f'{{"apiVersion":"v1","kind":"{_KIND}"'
    lines = [line for line in printed.splitlines() if line.startswith(start)]
    if not lines:
        raise ToolError("helm template does not print the values")
    objects = [each for each in parse_objects(printed) if each.get("kind") != _KIND]
    return Preview(json.loads(lines[-1])["values"], objects)
