"""Upgrades, roll-backs and deletions while clients go on asking."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.clients import UNREACHABLE
from tests.cluster.kube import wait_for
from tests.cluster.release import GATEWAY, Release

# Late comers are served for long enough, also where the news of a pod's end travels slowly.
LATE = ["--set", "shutdown.delaySeconds=4"]
SPARE = ["--set", "rollout.maxSurge=1", "--set", "rollout.maxUnavailable=0"]
DEPLOYMENT = "deployment/fake"


@pytest.fixture
def under_load(clients):
    """Does something while 8 clients ask; what they saw until so many pods are ready, and no other
    is left: what ends must not lose a request at its very end."""

    def run(fake: Release, act: Callable[[], object], pods: int) -> dict[str, Any]:
        with clients.load(fake.url) as load:
            act()
            fake.wait_ready(pods)
            wait_for(lambda: len(fake.kube.items("pod")) == pods, "the end of old pods", limit=120)
            return dict(load.result())

    return run


def assert_no_failure(seen: dict[str, Any]) -> None:
    assert set(seen["statuses"]) == {"200"}, json.dumps(seen, indent=1)


def revision(fake: Release) -> str:
    """What the ready pods run: their template."""
    pods = {pod["metadata"]["labels"]["pod-template-hash"] for pod in fake.pods()}
    assert len(pods) == 1
    return pods.pop()


def test_with_a_spare_device_nothing_loses_a_request(release, under_load):
    fake = release("fake")
    fake.install_ok("--set", "replicas=2", *LATE, *SPARE)
    fake.wait_ready(2)
    first = revision(fake)

    seen = under_load(
        fake, lambda: fake.upgrade_ok("--set", "engine.args.max-num-seqs=7", "--wait"), 2
    )
    assert_no_failure(seen)
    assert "7" in fake.argv(fake.pods()[0]["metadata"]["name"])
    second = revision(fake)

    seen = under_load(fake, lambda: fake.kube.helm_ok("rollback", "fake", "--wait"), 2)
    assert_no_failure(seen)
    assert revision(fake) == first

    def undo() -> None:
        fake.kube.ok("rollout", "undo", DEPLOYMENT)
        fake.kube.ok("rollout", "status", DEPLOYMENT, "--timeout=180s")

    assert_no_failure(under_load(fake, undo, 2))
    assert revision(fake) == second


def test_without_a_spare_device_one_pod_comes_after_the_other(release, scarce, under_load):
    fake = release("fake")
    fake.install_ok("--set", "replicas=2", *LATE, *scarce(fake, 2))
    fake.wait_ready(2)

    def restart() -> None:
        fake.kube.ok("rollout", "restart", DEPLOYMENT)
        fake.kube.ok("rollout", "status", DEPLOYMENT, "--timeout=180s")

    assert_no_failure(under_load(fake, restart, 2))

    def delete() -> None:
        fake.kube.ok("delete", "pod", fake.pods()[0]["metadata"]["name"], "--timeout=120s")

    assert_no_failure(under_load(fake, delete, 2))


def test_one_replica_on_the_only_device_leaves_a_gap(release, scarce, under_load, capsys):
    """While the old pod drains it refuses nobody. Then there is none, and connections are refused;
    then the new one answers 503 with Retry-After until its engine is ready."""
    fake = release("fake")
    fake.install_ok(*scarce(fake, 1))

    def upgrade() -> None:
        fake.upgrade_ok("--set", "engine.args.max-num-seqs=7", "--wait", "--timeout", "180s")

    seen = under_load(fake, upgrade, 1)
    assert "7" in fake.argv()
    assert set(seen["statuses"]) <= {"200", "503"} | UNREACHABLE, json.dumps(seen, indent=1)
    assert UNREACHABLE & set(seen["statuses"]), seen
    assert seen["retry_after"] == seen["statuses"].get("503", 0), seen
    with capsys.disabled():
        gap = seen["longest_gap_seconds"]
        print(f"\none replica, one device: {gap} s without an answer; {seen['statuses']}")


def test_scaling_loses_no_request_while_several_pods_are_left(release, under_load):
    """New ones may be refused on the way from several pods to one: see docs/how-to/upgrade.md."""
    fake = release("fake")
    fake.install_ok(*LATE)

    def scale_to(count: int) -> None:
        fake.upgrade_ok("--set", f"replicas={count}", "--wait", "--timeout", "180s")

    assert_no_failure(under_load(fake, lambda: scale_to(3), 3))
    assert_no_failure(under_load(fake, lambda: scale_to(2), 2))
    seen = under_load(fake, lambda: scale_to(1), 1)
    assert set(seen["statuses"]) <= {"200", "ECONNREFUSED"}, json.dumps(seen, indent=1)
    assert seen["statuses"]["200"] > 0, seen


def test_what_each_helm_does_to_changes(each_helm, tmp_path):
    """Chart version, number of pods and changes by hand, each through one helm."""
    fake = Release(each_helm, "fake", tmp_path / "charts")
    fake.install_ok()
    first = fake.wait_ready(1)

    give_version(fake.chart, "9.9.9")
    fake.upgrade_ok("--wait", "--timeout", "120s")
    assert "fake-9.9.9" in fake.kube.helm_ok("list")
    assert fake.wait_ready(1) == first, "a new chart version alone restarts nothing"

    for count, strategy in ((2, "RollingUpdate"), (1, "Recreate")):
        fake.upgrade_ok("--set", f"replicas={count}", "--wait", "--timeout", "120s")
        found = fake.kube.read(DEPLOYMENT)["spec"]["strategy"]
        assert found["type"] == strategy
        assert ("rollingUpdate" in found) == (count > 1)
        fake.wait_ready(count)

    fake.kube.ok("set", "env", DEPLOYMENT, "-c", GATEWAY, "MAX_MODEL_LEN=512")
    fake.kube.ok("rollout", "status", DEPLOYMENT, "--timeout=120s")
    assert max_model_len(fake) == "512"
    upgrade_after_set_env(fake)
    fake.kube.ok("rollout", "status", DEPLOYMENT, "--timeout=120s")
    assert max_model_len(fake) == "1024"


def upgrade_after_set_env(fake: Release) -> None:
    """What docs/how-to/upgrade.md says: helm 3 sets it back, helm 4 asks whose it is."""
    words = ["upgrade", "fake", fake.chart, "--reset-then-reuse-values"]
    if "v4" not in fake.kube.helm_ok("version", "--short"):
        fake.kube.helm_ok(*words)
        return
    refused = fake.kube.helm(*words)
    assert refused.returncode, refused.stdout
    assert 'conflict with "kubectl-set"' in refused.stderr
    assert max_model_len(fake) == "512", "pods go on as they are"
    fake.kube.helm_ok(*words, "--force-conflicts")


def max_model_len(fake: Release) -> str:
    """As the one ready engine was told."""
    words = fake.argv(*fake.wait_ready(1))
    return words[words.index("--max-model-len") + 1]


def give_version(chart: Path, version: str) -> None:
    """What rendering again by a later wingsctl may change, and nothing else."""
    text = (chart / "Chart.yaml").read_text("utf-8")
    (chart / "Chart.yaml").write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", text))
