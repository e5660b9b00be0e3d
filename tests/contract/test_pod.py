"""The two containers of a rendered pod, run as processes with exactly what the chart gives them.

helm renders the pod, Kubernetes' expansion is applied, then the real gateway and the chart's
own entrypoint script run side by side on loopback, with a small engine in place of vLLM.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.helm import HelmBinary, argv, containers, expand
from tests.support.hostile import HOSTILE
from tests.support.ports import held_port

ROOT = Path(__file__).resolve().parents[2]
ENGINE = """
name: telltale
title: Telltale
versions: [1.0.0]
images: [{vendor: cpu, repository: example.com/telltale, tag: "v{version}", pullGib: 0.1}]
commands:
  - argv: [PYTHON, SCRIPT, serve, $(MODEL_PATH), --host, 127.0.0.1, --port, $(ENGINE_PORT),
      --max-model-len, $(MAX_MODEL_LEN), --served-model-name, $(MODEL_NAME)]
metrics: {waiting: telltale_waiting, running: telltale_running}
"""


@dataclass
class Pod:
    """The pod's two processes, and what the engine should have been given."""

    gateway: subprocess.Popen[bytes]
    engine: subprocess.Popen[bytes]
    port: int
    shared: Path
    engine_port: str
    argv: list[str]

    def seen(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.engine_port}/debug/argv") as answer:
            return dict(json.load(answer))

    def health(self) -> int:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/health", timeout=60
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@pytest.fixture
def pod(wingsctl, tmp_path: Path, helm3: HelmBinary) -> Iterator[Pod]:
    with held_port() as port, held_port() as cluster, held_port() as engine_port:
        objects = render(wingsctl, tmp_path, helm3, engine_port)
        with running(objects, tmp_path, port, cluster) as pod:
            yield pod


@contextmanager
def running(objects: list[dict], tmp_path: Path, port: int, cluster: int) -> Iterator[Pod]:
    found = containers(objects)
    shared = tmp_path / "shared-volume"
    shared.mkdir()
    common = {"PATH": os.environ["PATH"], "WINGS_SHARED_DIR": str(shared)}
    gateway_env = {**common, **variables(found["wings-infer"])}
    gateway_env |= {"WINGS_PORT": str(port), "WINGS_CLUSTER_PORT": str(cluster)}
    gateway_env["PYTHONPATH"] = str(ROOT / "sidecar")
    engine_env = {**common, **variables(found["telltale-engine"])}
    script = tmp_path / "charts" / "telltale" / "files" / "engine-entrypoint.sh"
    processes = [
        subprocess.Popen([sys.executable, "-m", "wings_infer", *argv(objects)], env=gateway_env),
        subprocess.Popen(["/bin/sh", str(script)], env=engine_env),
    ]
    try:
        yield Pod(*processes, port, shared, gateway_env["ENGINE_PORT"], argv(objects))
    finally:
        for process in processes:
            process.kill()
            process.wait()
        kill_engine(tmp_path)


def test_engine_gets_every_argument_byte_for_byte(pod: Pod) -> None:
    wait_until(lambda: pod.health() == 200)
    seen = pod.seen()
    assert seen["argv"] == pod.argv[2:]
    given = dict(zip(seen["argv"], seen["argv"][1:], strict=False))
    assert {name: given[f"--{name}"] for name in HOSTILE} == HOSTILE
    assert {name: seen["env"][f"X_{name}"] for name in HOSTILE} == HOSTILE


def test_release_check_passes_and_the_pod_ends_by_itself(pod: Pod) -> None:
    wait_until(lambda: pod.health() == 200)
    check = subprocess.run(
        [sys.executable, "-m", "wings_infer.check"],
        env={
            "BASE_URL": f"http://127.0.0.1:{pod.port}",
            "MODEL_NAME": "tell-tale",
            "PYTHONPATH": str(ROOT / "sidecar"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stdout
    assert [line.split(": ")[:2] for line in check.stdout.splitlines()] == [
        ["health", "ok"], ["models", "ok"], ["chat", "ok"], ["streaming", "ok"],
    ]  # fmt: skip
    for process in (pod.gateway, pod.engine):
        process.send_signal(signal.SIGTERM)
    wait_until(lambda: pod.gateway.poll() is not None and pod.engine.poll() is not None)
    assert (pod.gateway.returncode, pod.engine.returncode) == (0, 0)


def render(wingsctl, folder: Path, helm: HelmBinary, engine_port: int) -> list[dict]:
    engines = folder / "catalog" / "engines"
    engines.mkdir(parents=True)
    fake = ROOT / "tests" / "cluster" / "images" / "fake-engine" / "fake_engine.py"
    text = ENGINE.replace("PYTHON", sys.executable).replace("SCRIPT", str(fake))
    (engines / "telltale.yaml").write_text(text, encoding="utf-8")
    profile = {
        "wingsctl": "v1",
        "name": "telltale",
        "model": {
            "name": "someone/tell-tale",
            "servedName": "tell-tale",
            "source": {"huggingface": {}},
        },
        "engine": {
            "name": "telltale",
            "port": engine_port,
            "args": dict(HOSTILE),
            "env": {
                **{f"X_{name}": value for name, value in HOSTILE.items()},
                "HOME": str(folder),
            },
        },
        "accelerator": "none",
        "shutdown": {"delaySeconds": 0, "drainSeconds": 2, "stopSeconds": 2},
    }
    path = folder / "telltale.wings.yaml"
    path.write_text(json.dumps(profile), encoding="utf-8")
    outcome = wingsctl(
        "render", path, "--output-dir", folder / "charts", "--catalog", folder / "catalog"
    )
    assert outcome.code == 0, outcome.stderr
    return helm.template(folder / "charts" / "telltale")


def variables(container: dict) -> dict[str, str]:
    """A container's environment after Kubernetes' expansion; the pod's address is loopback."""
    found: dict[str, str] = {}
    for entry in container["env"]:
        found[entry["name"]] = expand(entry["value"], found) if "value" in entry else "127.0.0.1"
    return found


def wait_until(holds, seconds: float = 120) -> None:
    """The limit is no measure: it ends a test that would never end."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def kill_engine(home: Path) -> None:
    """The engine is a grandchild: end what runs with this test's folder as its home."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={home}\0".encode() in (folder / "environ").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue
