"""The pods of a rendered front door against the contract: the program takes what it is given."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contract.test_group import CONTRACT, ROOT
from tests.support.helm import HelmBinary, doors_of, expand

LOAD = """
import dataclasses, json, sys
from wings_infer.settings import load_settings
settings = load_settings(json.load(sys.stdin), ())
door = settings.front_door
print(json.dumps({
    "backends": door.address(1), "hold": door.hold, "names": door.names, "ca": str(door.ca),
    "waiting": settings.max_waiting, "in_flight": settings.max_in_flight,
    "ports": [settings.client_port, settings.cluster_port], "name": settings.model_name,
    "end": settings.drain_delay + settings.drain, "keys": str(settings.keys_file),
}))
"""


@pytest.fixture
def door(helm3: HelmBinary, charts: dict[str, Path]):
    """The pod of the front door of a chart, and what the program makes of its environment."""

    def make(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        (found,) = doors_of(helm3.template(charts[name]))
        pod = found["spec"]["template"]["spec"]
        return pod, loaded(environment(pod["containers"][0]))

    return make


def environment(container: dict[str, Any]) -> dict[str, str]:
    """What the container sees in namespace `llm`."""
    seen: dict[str, str] = {}
    for entry in container["env"]:
        seen[entry["name"]] = "llm" if "valueFrom" in entry else expand(entry["value"], seen)
    return seen


def loaded(env: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", LOAD], input=json.dumps(env), text=True, capture_output=True,
        check=False, env={"PYTHONPATH": str(ROOT / "sidecar")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_program_takes_what_the_door_is_given(door) -> None:
    pod, settings = door("front-door")
    assert settings == {
        "backends": ["demo-ready.llm.svc", 9000], "hold": 1800, "names": ["qwen", "costs-$5"],
        "ca": "/wings-tls/tls.crt", "waiting": 1000000, "in_flight": 64, "ports": [9000, 9001],
        "name": "qwen", "end": 125, "keys": "/wings-auth/keys",
    }  # fmt: skip
    assert "args" not in pod["containers"][0]
    assert pod["terminationGracePeriodSeconds"] >= settings["end"] + 5
    mounts = {each["mountPath"] for each in pod["containers"][0]["volumeMounts"]}
    assert mounts == {"/tmp", "/wings-tls", "/wings-auth"}


@pytest.mark.parametrize(
    ("name", "backends"),
    [
        ("front-door-fixed", ["demo-ready.llm.svc", 9000]),
        ("group-door", ["demo-leaders.llm.svc", 9000]),
        ("group-host-door", ["demo-leaders.llm.svc", 20000]),
    ],
)
def test_every_door_finds_its_pods(door, name, backends) -> None:
    _, settings = door(name)
    assert settings["backends"] == backends
    assert (settings["waiting"], settings["in_flight"], settings["ca"]) == (1024, 1024, "None")


def test_the_contract_names_what_the_chart_sets(door) -> None:
    pod, _ = door("front-door")
    told = CONTRACT.read_text(encoding="utf-8")
    own = {each["name"] for each in pod["containers"][0]["env"]} - {
        "POD_NAMESPACE", "SHARED", "LEVEL",
    }  # fmt: skip
    assert {name for name in own if f"`{name}`" not in told} == set()
