"""A Service of type LoadBalancer where nothing gives it an address, and where something does late.

Both helms at once, each with a release of its own, from the install to a broken upgrade.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest

from tests.cluster.kube import Done, Kube, wait_for
from tests.cluster.release import PROFILES, Release
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool

BALANCED = ["--set", "service.type=LoadBalancer"]
NO_IMAGE = ["--set", "engine.image.tag=none"]
ADDRESS = "203.0.113.7"
# Long enough for a roll-back on a starved machine, too.
FAILS = ["--rollback-on-failure", "--timeout", "45s"]


@dataclass(frozen=True)
class Course:
    """What wingsctl printed at each step, and what was left."""

    release: Release
    node_port: int
    installed: Done
    insisted: Done
    broken: Done
    history: list[dict[str, object]]


def run_through(release: Release) -> Course:
    """Install without an address, insist on one that comes late, then break it."""
    installed = release.install("--rollback-on-failure", *BALANCED)
    with ThreadPoolExecutor(1) as thread:
        late = ["--wait-address", "--timeout", "120s", *BALANCED, "--set-string", "annotations.a=b"]
        insisting = thread.submit(release.install, *late)
        wait_for(lambda: insisting.done() or len(history(release)) > 1, "the second revision", 100)
        assign(release)
        insisted = insisting.result()
    broken = release.install(*FAILS, *BALANCED, *NO_IMAGE)
    service = release.kube.read("service", release.service)
    port = int(service["spec"]["ports"][0]["nodePort"])
    return Course(release, port, installed, insisted, broken, history(release))


def history(release: Release) -> list[dict[str, object]]:
    return list(json.loads(release.kube.helm_ok("history", release.name, "-o", "json")))


def assign(release: Release) -> None:
    """As the controller of a cloud does."""
    patch = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}})
    where = ["service", release.service, "--subresource=status", "--type=merge", "-p", patch]
    release.kube.ok("patch", *where)


@pytest.fixture(scope="module")
def release_of(module_release) -> Callable[[str, str], Release]:
    first = module_release("fake")

    def make(name: str, helm: str) -> Release:
        kube: Kube = replace(first.kube, helm_binary=find_tool(helm))
        return Release(kube, name, first.charts / name, PROFILES / "fake.wings.yaml")

    return make


@pytest.fixture(scope="module")
def running(release_of) -> Iterator[dict[str, Future]]:
    """Everything that takes time, at once."""
    first = release_of("first", HELM_3)
    with ThreadPoolExecutor(4) as threads:
        yield {
            HELM_3: threads.submit(run_through, release_of("three", HELM_3)),
            HELM_4: threads.submit(run_through, release_of("four", HELM_4)),
            "first": threads.submit(first.install, *FAILS, *BALANCED, *NO_IMAGE),
        }


@pytest.fixture(scope="module", params=[HELM_3, HELM_4])
def course(request, running) -> Course:
    return running[request.param].result()


def test_what_serves_is_enough(course):
    done = course.installed
    assert done.returncode == 0, done.stderr + course.release.story()
    assert "has no external address yet" in done.stderr
    assert f"until then: port {course.node_port} of any node" in done.stderr
    assert course.history[0]["status"] == "superseded"


def test_the_port_of_the_node_serves(course, clients):
    node = course.release.kube.items("node")[0]["status"]["addresses"][0]["address"]
    assert clients.get(f"http://{node}:{course.node_port}/v1/models")[0] == 200


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


def test_our_wait_reports_the_reason_and_shows_the_roll_back(running):
    text = running[HELM_3].result().broken.stderr
    assert "wings-fake-engine:none cannot be had" in text
    assert "rollback three 2 --namespace" in text
    assert "  three is rolled back to revision 2" in text


def test_a_first_install_that_fails_is_uninstalled(running, release_of):
    done = running["first"].result()
    assert done.returncode == 6
    assert "the first install of first is uninstalled again" in done.stderr
    first = release_of("first", HELM_3)
    assert first.kube.helm("status", "first").returncode == 1
    mine = ["-l", "app.kubernetes.io/instance=first"]
    assert first.kube.ok("get", "deployment,service", *mine, "-o", "name") == ""
