"""Upgrades, roll-backs and deletions while clients go on asking.

All stories at once, each with a release of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cluster.clients import UNREACHABLE, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import GATEWAY, Release
from tests.cluster.stories import Step, all_at_once
from tests.support.helm import HELM_3, HELM_4

# Late comers are served for long enough, and requests have time to end, also on a starved machine.
LATE = ["--set", "shutdown.delaySeconds=4", "--set", "shutdown.drainSeconds=90"]
SPARE = ["--set", "rollout.maxSurge=1", "--set", "rollout.maxUnavailable=0"]
Scarce = Callable[[Release, int], list[str]]


def test_what_clients_see_of_changes(module_release, clients, scarce):
    fake = module_release("fake").sibling
    spare, lacking, scaled = fake("spare"), fake("lacking"), fake("scaled")
    three, four = fake("three", helm=HELM_3), fake("four", helm=HELM_4)
    all_at_once({
        "with a spare device": lambda: change_with_a_spare_device(spare, clients),
        "without one": lambda: change_without_a_spare_device(lacking, clients, scarce),
        "more pods and fewer": lambda: scale(scaled, clients),
        "by hand, helm 3": lambda: change_by_hand(three),
        "by hand, helm 4": lambda: change_by_hand(four),
    })  # fmt: skip


def under_load(
    release: Release, clients: Clients, act: Callable[[], object], pods: int
) -> dict[str, Any]:
    """Does something while clients ask; what they saw until so many pods are ready, and no other
    is left: what ends must not lose a request at its very end."""
    with clients.load(release.url, clients=4) as load:
        act()
        release.wait_ready(pods)
        wait_for(lambda: len(release.all_pods()) == pods, "the end of old pods", limit=300)
        return dict(load.result())


def assert_no_failure(seen: dict[str, Any]) -> None:
    assert set(seen["statuses"]) == {"200"}, json.dumps(seen, indent=1)


def template(release: Release) -> str:
    """What the pods run."""
    pods = {pod["metadata"]["labels"]["pod-template-hash"] for pod in release.pods()}
    assert len(pods) == 1
    return pods.pop()


def deployment(release: Release) -> str:
    return f"deployment/{release.name}"


def roll(release: Release, *command: str) -> None:
    """kubectl rollout COMMAND, to its end."""
    release.kube.ok("rollout", *command, deployment(release))
    wait_rolled(release)


def wait_rolled(release: Release) -> None:
    release.kube.ok("rollout", "status", deployment(release), "--timeout=280s")


def change_with_a_spare_device(release: Release, clients: Clients) -> None:
    """An upgrade, helm's way back, and kubectl's."""
    release.install_ok("--set", "replicas=2", *LATE, *SPARE)
    release.wait_ready(2)
    first = template(release)

    upgrade = ("--set", "engine.args.max-num-seqs=7", "--wait", "--timeout", "300s")
    with Step("an upgrade loses no request"):
        assert_no_failure(under_load(release, clients, lambda: release.upgrade_ok(*upgrade), 2))
    assert "7" in release.argv(release.pods()[0]["metadata"]["name"])
    second = template(release)

    back = ("rollback", release.name, "--wait", "--timeout", "300s")
    with Step("helm's roll-back loses no request"):
        assert_no_failure(under_load(release, clients, lambda: release.kube.helm_ok(*back), 2))
    assert template(release) == first

    with Step("kubectl's undo loses no request"):
        assert_no_failure(under_load(release, clients, lambda: roll(release, "undo"), 2))
    assert template(release) == second


def change_without_a_spare_device(release: Release, clients: Clients, scarce: Scarce) -> None:
    release.install_ok("--set", "replicas=2", *LATE, *scarce(release, 2))
    release.wait_ready(2)
    with Step("one pod comes after the other"):
        assert_no_failure(under_load(release, clients, lambda: roll(release, "restart"), 2))

    def delete() -> None:
        release.kube.ok(
            "delete", "pod", release.pods()[0]["metadata"]["name"], "--timeout=300s", limit=320
        )

    with Step("a deleted pod loses no request"):
        assert_no_failure(under_load(release, clients, delete, 2))
    with Step("an upgrade of the only pod leaves a gap"):
        upgrade_the_only_pod(release, clients, scarce)


def upgrade_the_only_pod(release: Release, clients: Clients, scarce: Scarce) -> None:
    """While the old pod drains it refuses nobody. Then there is none, and connections are refused;
    then the new one answers 503 with Retry-After until its engine is ready."""
    release.upgrade_ok("--set", "replicas=1")
    release.wait_ready(1)
    wait_for(lambda: len(release.all_pods()) == 1, "the end of the other pod", limit=300)
    scarce(release, 1)
    printed = []

    def upgrade() -> None:
        words = ("--set", "engine.args.max-num-seqs=7", "--wait", "--timeout", "300s")
        printed.append(release.upgrade_ok(*words))

    seen = under_load(release, clients, upgrade, 1)
    assert "no request is answered for about" in printed[0]
    assert "7" in release.argv()
    assert set(seen["statuses"]) <= {"200", "503"} | UNREACHABLE, json.dumps(seen, indent=1)
    assert UNREACHABLE & set(seen["statuses"]), seen
    assert seen["retry_after"] == seen["statuses"].get("503", 0), seen
    print(f"without an answer for {seen['longest_gap_seconds']} s: {seen['statuses']}")


def scale(release: Release, clients: Clients) -> None:
    """Nothing is lost while several pods are left. On the way to one, its Service leads new
    connections to pods that are ending as well: see docs/how-to/upgrade.md."""
    release.install_ok(*LATE)

    def to(count: int) -> None:
        release.upgrade_ok("--set", f"replicas={count}", "--wait", "--timeout", "300s")

    with Step("more pods lose no request"):
        assert_no_failure(under_load(release, clients, lambda: to(3), 3))
    with Step("fewer pods lose no request"):
        assert_no_failure(under_load(release, clients, lambda: to(2), 2))
    with Step("on the way to one pod connections may be refused, and nothing else fails"):
        seen = under_load(release, clients, lambda: to(1), 1)
        assert set(seen["statuses"]) <= {"200", "ECONNREFUSED"}, json.dumps(seen, indent=1)
        assert seen["statuses"]["200"] > 0, seen


def change_by_hand(release: Release) -> None:
    """Chart version, number of pods and changes by hand, each through one helm."""
    release.install_ok()
    first = release.wait_ready(1)

    with Step("a new version of the chart restarts nothing"):
        give_version(release.chart, "9.9.9")
        release.upgrade_ok("--wait", "--timeout", "300s")
        assert version(release) == "fake-9.9.9"
        assert release.wait_ready(1) == first

    with Step("the strategy follows the number of pods"):
        for count, strategy in ((2, "RollingUpdate"), (1, "Recreate")):
            release.upgrade_ok("--set", f"replicas={count}")
            release.wait_ready(count)
            found = release.kube.read(deployment(release))["spec"]["strategy"]
            assert found["type"] == strategy
            assert ("rollingUpdate" in found) == (count > 1)

    with Step("what kubectl has set"):
        release.kube.ok("set", "env", deployment(release), "-c", GATEWAY, "MAX_MODEL_LEN=512")
        wait_rolled(release)
        assert max_model_len(release) == "512"
        upgrade_after_set_env(release)
        wait_rolled(release)
        assert max_model_len(release) == "1024"


def version(release: Release) -> str:
    """The chart's, as helm lists the release."""
    listed = json.loads(release.kube.helm_ok("list", "-o", "json", "--filter", f"^{release.name}$"))
    return str(listed[0]["chart"])


def upgrade_after_set_env(release: Release) -> None:
    """What docs/how-to/upgrade.md says: helm 3 sets it back, helm 4 asks whose it is."""
    words = ["upgrade", release.name, release.chart, "--reset-then-reuse-values"]
    if "v4" not in release.kube.helm_ok("version", "--short"):
        release.kube.helm_ok(*words)
        return
    refused = release.kube.helm(*words)
    assert refused.returncode, refused.stdout
    assert 'conflict with "kubectl-set"' in refused.stderr
    assert max_model_len(release) == "512", "pods go on as they are"
    release.kube.helm_ok(*words, "--force-conflicts")


def max_model_len(release: Release) -> str:
    """As the one ready engine was told."""
    words = release.argv(*release.wait_ready(1))
    return words[words.index("--max-model-len") + 1]


def give_version(chart: Path, version: str) -> None:
    """What rendering again by a later wingsctl may change, and nothing else."""
    text = (chart / "Chart.yaml").read_text("utf-8")
    (chart / "Chart.yaml").write_text(re.sub(r"(?m)^version: .*$", f"version: {version}", text))
