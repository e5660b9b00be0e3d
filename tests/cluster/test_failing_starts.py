"""Releases that cannot start: whoever waits for one reads why, and the cluster tells it, too.

All of them are installed at once, each under a name of its own; each test looks at one.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from tests.cluster.kube import Done, wait_for
from tests.cluster.release import PROFILES, Release
from tests.support.helm import HELM_4
from tests.support.tools import find_tool

# Long enough to get as far as the failure on a starved machine.
WAIT = ["--wait", "--timeout", "45s"]
GPU = r"nvidia\.com/gpu"


@dataclass(frozen=True)
class Case:
    """A way to fail: what to set, and the words that tell it."""

    settings: tuple[str, ...]
    printed: tuple[str, ...]
    """By wingsctl, below helm's own message."""
    described: tuple[str, ...] = ()
    """By kubectl describe, of everything that belongs to the release."""
    status: str = ""
    """By the gateway's /engine/status, where there is a gateway that runs."""
    helm: str = ""
    profile: str = "fake"


def sets(*settings: str) -> tuple[str, ...]:
    return tuple(word for setting in settings for word in ("--set", setting))


def gpus(count: int) -> tuple[str, ...]:
    kinds = ("requests", "limits")
    return sets(*(f"engine.resources.{kind}.{GPU}={count}" for kind in kinds))


NO_IMAGE = sets("engine.image.tag=none")
CASES = {
    "crash": Case(
        sets("engine.env.FAKE_EXIT_CODE_AT_START=3", "engine.env.WINGS_MAX_FAILURES=2"),
        ("container fake-engine: ended with code 3", "| RuntimeError: CUDA out of memory"),
        ("RuntimeError: CUDA out of memory", "Exit Code:    3"),
        "RuntimeError: CUDA out of memory",
    ),
    "port": Case(
        sets("engine.env.FAKE_PORT_TAKEN=1"),
        ("address already in use",),
        ("Readiness probe failed: HTTP probe failed with statuscode: 503",),
        "address already in use",
    ),
    "model": Case(
        sets("model.path=/models/none"),
        ("/models/none: not found", "| OSError: no model in /models/none"),
        status="/models/none: not found",
    ),
    "memory": Case(
        sets("engine.env.FAKE_MEMORY_MIB=400"),
        ("memory",),
        status="memory",
    ),
    "image": Case(NO_IMAGE, ("wings-fake-engine:none cannot be had",), ("ErrImagePull",)),
    "image4": Case(
        NO_IMAGE, ("wings-fake-engine:none cannot be had",), ("ErrImagePull",), helm=HELM_4
    ),
    "undone": Case(
        (*NO_IMAGE, "--rollback-on-failure"),
        ("Pod undone-", "localhost/wings-fake-engine:none"),
    ),
    "rules": Case(
        sets("pod.securityContext.runAsNonRoot=false", "pod.securityContext.runAsUser=0"),
        ("ReplicaSet rules-", "FailedCreate", "violates PodSecurity"),
        ("violates PodSecurity",),
    ),
    "quota": Case(
        gpus(99),
        ("ReplicaSet quota-", "FailedCreate", "exceeded quota: quota"),
        ("exceeded quota",),
    ),
    "group": Case(
        sets("replicas=1", "engine.env.FAKE_EXIT_CODE_AT_START=3"),
        ("pod group-0-0", "container wings-infer: runs", "pod 1 (group-0-1) ended with code 3",
         "pod group-0-1, container fake-engine: is named above"),
        profile="turns",
    ),
    "groups": Case(
        (*NO_IMAGE, *sets("replicas=1")),
        ("pod groups-0-0 and 1 more", "wings-fake-engine:none cannot be had"),
        profile="turns",
    ),
    "node": Case(
        gpus(9),
        ("no node takes it", "Insufficient nvidia.com/gpu"),
        ("FailedScheduling",),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def attempts(module_release) -> Iterator[dict[str, tuple[Release, Future[Done]]]]:
    """Every case on its way, in threads."""
    first = module_release("fake")
    with ThreadPoolExecutor(len(CASES)) as threads:
        started = {}
        for name, case in CASES.items():
            kube = replace(first.kube, helm_binary=case.helm and find_tool(case.helm))
            release = Release(
                kube, name, first.charts / name, PROFILES / f"{case.profile}.wings.yaml"
            )
            future = threads.submit(release.install, *WAIT, *case.settings)
            started[name] = (release, future)
        yield started


@pytest.mark.parametrize("name", CASES)
def test_the_reason_is_told(name, attempts):
    case, (release, future) = CASES[name], attempts[name]
    done = future.result()
    assert done.returncode == 6, done.stdout + done.stderr
    below_helm = done.stderr.partition("error: helm ended with status 1")[2]
    for words in case.printed:
        assert words in below_helm, done.stderr
    for words in case.described:
        wait_for(lambda words=words: words in describe(release), words)
    if case.status:
        assert_status(release, case.status)


def describe(release: Release) -> str:
    """What people look at: the objects, and the events of the namespace about them."""
    kinds = "deployment,replicaset,pod"
    mine = f"app.kubernetes.io/instance={release.name}"
    events = release.kube.ok("get", "events").splitlines()
    about = [line for line in events if f"/{release.name}-" in line]
    return "\n".join([release.kube.ok("describe", kinds, "-l", mine), *about])


def assert_status(release: Release, words: str) -> None:
    """Not ready, and in one page why: in the reason now, or in what the last run said."""
    status = release.status()
    assert status["engine_ready"] is False
    assert status["reason"]
    last = status["last_failure"]
    text = "\n".join([status["reason"], status["problem"], last["ended"], *last["last_lines"]])
    assert words in text, status
