"""The charts of a part: rendered again from the profiles that its run rendered."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.cluster.proofs.code import ROOT
from tests.cluster.proofs.figures import RECORD
from tests.cluster.proofs.watch import Uses, noted_uses
from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.adapters.chart_parts import ChartParts, template_cache
from wingsctl.chart.build import ChartBuilder
from wingsctl.chart.jinja import Templates
from wingsctl.errors import WingsError

CLUSTER = ROOT / "tests" / "cluster"
CATALOG = CLUSTER / "catalog"
_NAMESPACE = re.compile(r"\bwings-test-\d+-\d+\b")
"""Of one run: the next one has another."""


def without_namespace(text: str) -> str:
    """A profile that two runs have in common."""
    return _NAMESPACE.sub("wings-test", text)


@cache
def chart_digest(name: str, text: str) -> str:
    """Of all files of the chart; of the refusal where a profile is meant to be refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, "utf-8")
        try:
            files = dict(_render(path))
        except WingsError as error:
            files = {"refused": str(error).replace(folder, "")}
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _render(path: Path) -> dict[str, str]:
    inspections = inspect_profiles(ProfileRequest([str(path)], [CATALOG]))
    (plan,) = plans_of(inspections)
    return dict(_builder().build(plan))


@cache
def _builder() -> ChartBuilder:
    parts = ChartParts()
    return ChartBuilder(parts, Templates(parts.named, template_cache()))


@cache
def uses_of_render() -> Uses:
    """What `wingsctl render` loads to render a chart: of a proof it contributes the chart alone."""
    profiles = sorted((CLUSTER / "profiles").glob("*.wings.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.cluster.proofs.recorded", "render", *profiles]
        subprocess.run(
            [*command, "--catalog", CATALOG, "-o", Path(folder, "charts")], cwd=ROOT, check=True,
            capture_output=True, env={**os.environ, RECORD: folder},
        )  # fmt: skip
        return noted_uses(Path(folder))
