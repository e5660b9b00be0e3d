"""Every version of SGLang judges, by its own parser, what wingsctl knows and writes of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.pace import patience
from tests.cluster.proofs.figures import Figures
from tests.support.helm import HELM_3, HelmBinary, expand, role_argv, workloads
from tests.support.plans import shipped, shipped_engine
from tests.support.profiles import ROOT, make_profile, write_profile
from tests.support.rows import check_rows
from tests.support.tools import find_made
from wingsctl.actions.profile_request import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts
from wingsctl.catalog.flag_table import FlagTable
from wingsctl.catalog.versions import version_key
from wingsctl.plan.deployment import DeploymentPlan

COVERS = (
    "chart-templates", "examples", "profiles", "sidecar/proof/engine.sh", "sidecar/proof/sglang.sh",
    "sidecar/proof/sgl_kernel.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang-older.txt", "sidecar/requirements-sglang.txt", "wingsctl",
)  # fmt: skip
JUDGE = ROOT / "tests" / "shipped" / "sglang_judge.py"
VERSIONS = shipped_engine("sglang").versions
LIMIT_SECONDS = 300
"""Its imports take a quarter of a minute."""
IN_A_POD = {"LWS_WORKER_INDEX": "1", "LWS_LEADER_ADDRESS": "leader", "POD_IP": "10.0.0.1"}
WRONG = ["--model-path", "/models/x", "--no-such-flag"]
"""The judge itself must refuse."""
Commands = dict[str, dict[str, list[str]]]
"""Version, then a name, then what follows the program."""


@pytest.fixture(scope="module")
def commands(
    planned: dict[str, tuple[DeploymentPlan, Path]],
    every_option: dict[str, tuple[str, Path]],
    helms: dict[str, HelmBinary],
) -> Commands:
    """Of the examples, of the tests' charts, and of each version with all that a profile has."""
    shared = {
        name: (plan.engine.version, chart)
        for name, (plan, chart) in planned.items()
        if plan.engine.profile.name == "sglang"
    }
    found: Commands = defaultdict(dict)
    for name, (version, chart) in (shared | every_option).items():
        for role, argv in arguments(helms[HELM_3], chart):
            found[version][f"{name} {role}"] = argv
    return found


def arguments(helm: HelmBinary, chart: Path) -> Iterator[tuple[str, list[str]]]:
    """By workload and role."""
    objects = helm.template(chart)
    for workload in workloads(objects):
        name = workload["metadata"]["name"]
        for role, argv in role_argv(objects, name).items():
            assert argv[:3] == ["python3", "-m", "sglang.launch_server"]
            yield f"{name} {role}", [expand(token, IN_A_POD) for token in argv[3:]]


@pytest.fixture(scope="module")
def every_option(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """Versions and charts by name."""
    folder = tmp_path_factory.mktemp("options")
    profiles = [each for version in VERSIONS for each in all_options(version)]
    request = ProfileRequest([str(write_profile(folder, each)) for each in profiles])
    charts = render_charts(RenderRequest(request, folder / "charts")).charts
    return {each.name: (each.plan.engine.version, each.directory) for each in charts}


def all_options(version: str) -> Iterator[dict[str, Any]]:
    """Between them, every option that profiles/engines/sglang.yaml has for it."""
    name = version.replace(".", "-")
    make = partial(make_profile, engine={"name": "sglang", "version": version})
    card = {"name": "nvidia-h100", "count": 8}
    has_pipelines = version_key(version) >= version_key("0.4.6")
    depth = {"pipeline": 2} if has_pipelines else {}
    model = {"name": "llama-3.1-8b-instruct", "kvCacheType": "fp8_e5m2", "quantization": "fp8"}
    template = {"inline": "{{ messages }}"}
    yield make(
        f"one-{name}", accelerator=card, parallelism={"tensor": 8 // (2 if depth else 1), **depth},
        model={**model, "chatTemplate": template, "source": {"huggingface": {"revision": "main"}}},
    )  # fmt: skip
    yield make(
        f"experts-{name}", model={"name": "qwen3-30b-a3b"}, accelerator=card,
        parallelism={"tensor": 8, "data": 4, "expert": 8},
    )  # fmt: skip
    yield make(
        f"group-{name}", nodes=2, accelerator=card, fabric={"name": "ethernet"},
        parallelism={"tensor": 8, "pipeline": 2} if has_pipelines else {"tensor": 16},
        model={"name": "llama-3.3-70b-instruct"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def answers(
    commands: Commands, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What each version's parser says."""
    folder = tmp_path_factory.mktemp("judge")
    return {version: ask(folder, version, [*found.values()]) for version, found in commands.items()}


def ask(folder: Path, version: str, questions: list[list[str]]) -> dict[str, Any]:
    """Ask about the questions and a wrong one."""
    engine = find_made("engine")
    own = engine / (f"sglang-{version}" if version != VERSIONS[-1] else "sglang")
    assert own.is_dir(), f"{own} is missing: run sh sidecar/proof/sglang.sh"
    path = [own, engine / "sglang", engine / "lib" / "python3.11" / "site-packages"]
    question, answer = folder / f"asked-{version}.json", folder / f"said-{version}.json"
    question.write_text(json.dumps([*questions, WRONG]), encoding="utf-8")
    done = subprocess.run(
        [str(engine / "bin" / "python"), str(JUDGE), str(question), str(answer)],
        env={**os.environ, "PYTHONPATH": ":".join(map(str, path)), "HOME": str(folder)},
        timeout=patience(LIMIT_SECONDS), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{version}: {done.stderr[-2000:]}"
    return dict(json.loads(answer.read_text(encoding="utf-8")))


def test_every_command_line_is_accepted(
    commands: Commands, answers: dict[str, dict[str, Any]], figures: Figures
) -> None:
    assert sorted(commands, key=version_key) == VERSIONS

    def check(version: str) -> Iterator[str]:
        *refusals, wrong = answers[version]["refusals"]
        if "unrecognized arguments: --no-such-flag" not in wrong:
            yield f"takes what is wrong: {wrong}"
        for name, refusal in zip(commands[version], refusals, strict=True):
            if refusal:
                yield f"{name}: {refusal}\n{commands[version][name]}"

    check_rows(VERSIONS, check)
    figures("versions of SGLang whose parser was asked", len(VERSIONS))
    figures("command lines they accept", sum(map(len, commands.values())))


def test_the_flag_tables_are_those_of_the_parsers(answers: dict[str, dict[str, Any]]) -> None:
    def check(version: str) -> Iterator[str]:
        table = shipped().flag_table("sglang", version)
        assert table is not None
        yield from differences(table, answers[version]["flags"])

    check_rows(VERSIONS, check)


def differences(table: FlagTable, live: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Names, and whether a flag takes a value, how many, and which."""
    negated = {f"--no-{flag[2:]}" for flag, facts in table.items() if facts.get("negatable")}
    for flag in sorted({*table, *negated, "-h", "--help"} ^ set(live)):
        yield f"{flag} is known to one of both"
    for flag in sorted(set(table) & set(live)):
        facts = {**table.get(table[flag].get("alias_of", ""), {}), **table[flag]}
        if table_view(facts) != live_view(live[flag]):
            yield f"{flag}: {table_view(facts)} in the table, {live_view(live[flag])} in SGLang"


def table_view(facts: dict[str, Any]) -> tuple[bool, Any, list[str]]:
    is_switch = facts.get("action") == "store_true" or bool(facts.get("negatable"))
    return is_switch, facts.get("nargs"), sorted(map(str, facts.get("choices") or ()))


def live_view(facts: dict[str, Any]) -> tuple[bool, Any, list[str]]:
    is_switch = facts["nargs"] == 0
    return is_switch, None if is_switch else facts["nargs"], sorted(facts["choices"] or ())
