"""The gateway looks for Secrets where the chart mounts them, and refuses to leave one unused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.test_front_door import environment
from tests.contract.test_group import ROOT
from tests.support.helm import HelmBinary, containers, doors_of
from wingsctl.plan.environment import SECRET_FILES

RUN = """
import sys
from pathlib import Path
from wings_infer.__main__ import main
sys.exit(main(sys.argv[2:], Path(sys.argv[1])))
"""
VARIABLES = {name for files in SECRET_FILES.values() for name in files}


@pytest.fixture
def gateways(helm3: HelmBinary, charts: dict[str, Path]):
    """The gateway beside the engine, and that of the door, of a chart with both Secrets."""
    objects = helm3.template(charts["front-door"])
    (door,) = doors_of(objects)
    (of_door,) = door["spec"]["template"]["spec"]["containers"]
    return [containers(objects)["wings-infer"], of_door]


def test_a_gateway_that_lost_its_variables_does_not_start(gateways, tmp_path) -> None:
    for number, container in enumerate(gateways):
        root = tmp_path / f"root-{number}"
        for mount in container["volumeMounts"]:
            (root / mount["mountPath"].lstrip("/")).mkdir(parents=True)
        env = environment(container)
        assert set(env) >= VARIABLES
        lacking = {name: value for name, value in env.items() if name not in VARIABLES}
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(root), *container.get("args", [])],
            env={**lacking, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "sidecar"),
                 "WINGS_LISTEN_HOST": "127.0.0.1", "WINGS_PORT": "0", "WINGS_CLUSTER_PORT": "0"},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        for name, file in {**SECRET_FILES["auth"], **SECRET_FILES["tls"]}.items():
            assert f"{name}={root}{file}" in done.stderr
