"""A real SGLang alone in its pod: told to end, hanging, without its model, without memory."""

from __future__ import annotations

import time
from functools import partial

import pytest

from tests.cluster.clients import STREAM, Background, Clients
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.release import ENGINE, Release
from tests.cluster.stories import all_at_once

COVERS = (
    "chart-templates", "sidecar/proof/engine.sh", "sidecar/proof/sgl_kernel.py",
    "sidecar/proof/sglang.sh", "sidecar/proof/tiny_model.py", "sidecar/requirements-engine.txt",
    "sidecar/requirements-sglang.txt", "sidecar/wings_infer", "wingsctl/actions",
    "wingsctl/adapters", "wingsctl/chart", "wingsctl/cli",
)  # fmt: skip
HEAVY = True
PID = "$(sed -n 's/^pid: //p' /shared-volume/engine_status.txt)"
FAILING = {
    "model": ["model.path=/models/none"],
    "memory": [f"engine.resources.{kind}.memory=400Mi" for kind in ("requests", "limits")],
}
UNHEALTHY_SECONDS = 10
# One health request in vain, then so long, then another process.
SETTINGS = (
    "--set", "gateway.env.WINGS_ENGINE_HEALTH_FAILURES=1",
    "--set", f"gateway.env.WINGS_UNHEALTHY_DEADLINE_SECONDS={UNHEALTHY_SECONDS}",
)  # fmt: skip


@pytest.fixture(scope="module")
def sglang(module_release) -> Release:
    release = module_release("sglang")
    release.apply_ok(*SETTINGS)
    return release


def engine_pid(release: Release) -> str:
    return release.exec(ENGINE, "sh", "-c", f"echo {PID}").strip()


def await_another(release: Release, before: str) -> None:
    """Wait until another engine process serves."""
    wait_for(lambda: is_ready(release, before), "another engine", limit=300)
    release.wait_ready(1)


def is_ready(release: Release, before: str) -> bool:
    return bool(release.status()["engine_ready"]) and engine_pid(release) != before


def test_an_engine_that_is_told_to_end_finishes_its_streams(sglang, clients, figures):
    """By someone else than the gateway, which then starts it again."""
    before = engine_pid(sglang)
    with streams(sglang, clients, 2, 200) as opened:
        assert opened.first_line == "open"
        sglang.exec(ENGINE, "sh", "-c", f"kill -TERM {before}")
        began = time.monotonic()
        seen = opened.result()
    assert all(each["done"] for each in seen), seen
    await_another(sglang, before)
    figures("SGLang told to end serves again after", round(time.monotonic() - began), "s")


def streams(release: Release, clients: Clients, count: int, tokens: int) -> Background:
    """So many streams of exactly so many tokens."""
    body = STREAM[:-1] % tokens + ', "ignore_eos": true}'
    url = f"{clients.reach(release.url)}/v1/chat/completions"
    return Background(clients, "streams.py", url, count, body)


def test_an_engine_that_hangs_is_started_again(sglang, figures):
    """All its processes stand still: its /health, which makes a token, does not answer in time."""
    before = engine_pid(sglang)
    sglang.exec(ENGINE, "sh", "-c", f"kill -s STOP -- -{before}")
    began = time.monotonic()
    wait_for(lambda: not sglang.status()["engine_ready"], "an engine seen as unhealthy", limit=60)
    noticed = time.monotonic() - began
    assert noticed < patience(10 + 5 + 4), "its health time-out, the pause before, a reserve"
    figures("a hanging SGLang: noticed after", round(noticed, 1), "s")
    await_another(sglang, before)
    figures("a hanging SGLang: serves again after", round(time.monotonic() - began), "s")


@pytest.fixture(scope="module")
def failed(sglang) -> dict[str, str]:
    """What two installs that cannot succeed print below helm's own message, at the same time."""
    return all_at_once({name: partial(fail, sglang, name) for name in FAILING})


def fail(sglang: Release, name: str) -> str:
    release = sglang.sibling(name, "sglang")
    options = [word for setting in FAILING[name] for word in ("--set", setting)]
    done = release.install("--wait", "--timeout", f"{patience(160):.0f}s", *options)
    release.kube.helm_ok("uninstall", release.name)
    assert done.returncode == 6, done.stdout + done.stderr
    return done.stderr.partition("error: helm ended with status 1")[2]


def test_a_model_that_is_not_there_is_named(failed):
    assert "'/models/none'" in failed["model"], failed["model"]


def test_too_little_memory_is_named(failed):
    """Control groups version 1 kill one process, version 2 the whole container."""
    words = "out of memory", "needed more memory"
    assert any(each in failed["memory"] for each in words), failed["memory"]
