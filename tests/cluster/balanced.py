"""A release whose Service is of type LoadBalancer, where something gives it an address late."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.cluster.kube import Done, wait_for
from tests.cluster.pace import patience
from tests.cluster.release import Release

BALANCED = ["--set", "service.type=LoadBalancer"]
NO_IMAGE = ["--set", "engine.image.tag=none"]
ADDRESS = "203.0.113.7"


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
    installed = release.install("--rollback-on-failure", "--timeout", "300s", *BALANCED)
    assert installed.returncode == 0, installed.stderr + release.story()
    with ThreadPoolExecutor(1) as thread:
        late = ["--wait-address", "--timeout", "300s", *BALANCED, "--set-string", "annotations.a=b"]
        insisting = thread.submit(release.install, *late)
        wait_for(lambda: insisting.done() or len(history(release)) > 1, "the second revision", 300)
        assign(release)
        insisted = insisting.result()
    broken = fail(release)
    service = release.kube.read("service", release.service)
    port = int(service["spec"]["ports"][0]["nodePort"])
    return Course(release, port, installed, insisted, broken, history(release))


def fail(release: Release) -> Done:
    """An install or upgrade that never serves, and is undone."""
    # Long enough for a roll-back on a starved machine, too.
    undone = ("--rollback-on-failure", "--timeout", f"{patience(45):.0f}s")
    return release.install(*undone, *BALANCED, *NO_IMAGE)


def history(release: Release) -> list[dict[str, object]]:
    return list(json.loads(release.kube.helm_ok("history", release.name, "-o", "json")))


def assign(release: Release) -> None:
    """As the controller of a cloud does."""
    patch = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": ADDRESS}]}}})
    where = ["service", release.service, "--subresource=status", "--type=merge", "-p", patch]
    release.kube.ok("patch", *where)
