"""`wingsctl install --wait`: releases that cannot start, and such that wait for an address.

Whoever waits reads why, and the cluster tells it, too. All releases are installed at once, each
under a name of its own; each test looks at one. Those of type LoadBalancer go through both helms,
from the install to a broken upgrade.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from tests.cluster.balanced import ADDRESS, Course, fail, run_through
from tests.cluster.failing_starts import CASES
from tests.cluster.kube import wait_for
from tests.cluster.pace import patience
from tests.cluster.release import Release
from tests.support.helm import HELM_3, HELM_4

BALANCED = {"three": HELM_3, "four": HELM_4, "first": HELM_3}


@pytest.fixture(scope="module")
def releases(module_release) -> dict[str, Release]:
    fake = module_release("fake")
    failing = {name: fake.sibling(name, case.profile, case.helm) for name, case in CASES.items()}
    return failing | {name: fake.sibling(name, helm=helm) for name, helm in BALANCED.items()}


@pytest.fixture(scope="module")
def done(releases) -> dict[str, Future[Any]]:
    """What came of each: everything that takes time, at once. One that fails spoils no other."""
    # Long enough to get as far as the failure on a starved machine.
    wait = ("--wait", "--timeout", f"{patience(60):.0f}s")
    stories: dict[str, Any] = {
        name: partial(releases[name].install, *wait, *case.settings) for name, case in CASES.items()
    }
    stories |= {name: partial(run_through, releases[name]) for name in ("three", "four")}
    stories["first"] = partial(fail, releases["first"])
    with ThreadPoolExecutor(len(stories)) as threads:
        return {name: threads.submit(story) for name, story in stories.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_reason_is_told(name, done, releases):
    case, release, seen = CASES[name], releases[name], done[name].result()
    assert seen.returncode == 6, seen.stdout + seen.stderr
    below_helm = seen.stderr.partition("error: helm ended with status 1")[2]
    for words in case.printed:
        assert words in below_helm, seen.stderr
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


@pytest.fixture(scope="module", params=["three", "four"])
def course(request, done) -> Course:
    return done[request.param].result()


def test_what_serves_is_enough(course):
    done = course.installed
    assert "has no external address yet" in done.stderr
    assert f"until then: port {course.node_port} of any node" in done.stderr
    assert course.history[0]["status"] == "superseded"


def test_the_port_of_the_node_serves(course, clients):
    node = course.release.kube.items("node")[0]["status"]["addresses"][0]["address"]
    url = clients.reach(f"http://{node}:{course.node_port}")
    assert clients.get(f"{url}/v1/models")[0] == 200


def test_an_address_that_comes_late_is_waited_for(course):
    done = course.insisted
    assert done.returncode == 0, done.stderr + course.release.story()
    assert done.stderr.endswith(f"service {course.release.service}: address {ADDRESS}, port 9000\n")
    assert "get service" in done.stderr


def test_a_broken_upgrade_goes_back_to_the_pods_that_served(course):
    assert course.broken.returncode == 6, course.broken.stderr
    assert [each["revision"] for each in course.history] == [1, 2, 3, 4]
    assert course.history[-1]["status"] == "deployed"
    assert "to 2" in str(course.history[-1]["description"])
    course.release.wait_ready()


def test_our_wait_reports_the_reason_and_shows_the_roll_back(done):
    text = done["three"].result().broken.stderr
    assert "wings-fake-engine:none cannot be had" in text
    assert "rollback three 2 --namespace" in text
    assert "  three is rolled back to revision 2" in text


def test_a_first_install_that_fails_is_uninstalled(done, releases):
    seen = done["first"].result()
    assert seen.returncode == 6
    assert "the first install of first is uninstalled again" in seen.stderr
    first = releases["first"]
    assert first.kube.helm("status", "first").returncode == 1
    mine = ["-l", "app.kubernetes.io/instance=first"]
    assert first.kube.ok("get", "deployment,service", *mine, "-o", "name") == ""
