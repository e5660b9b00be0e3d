"""What a real vLLM over two pods survives: its agent dies, its pod is deleted."""

from __future__ import annotations

from tests.cluster.clients import Clients
from tests.cluster.node import Node
from tests.cluster.pace import patience
from tests.cluster.proofs.figures import Figures
from tests.cluster.real_groups import DETECTION_SECONDS, SHORT, facts, has_healed, pod_of, watch
from tests.cluster.release import GATEWAY, Release, is_ready


def lose_agent(group: Release, clients: Clients, node: Node, index: int, figures: Figures) -> None:
    """The engines of both pods go on; only the leader's agent carries requests."""
    before = [facts(group, each) for each in (0, 1)]
    states = group.kube.read("pod", pod_of(group, index))["status"]["containerStatuses"]
    agent = next(each["containerID"] for each in states if each["name"] == GATEWAY)

    def is_back() -> bool:
        count = facts(group, index)["restarts"][GATEWAY]
        return count > before[index]["restarts"][GATEWAY] and all(map(is_ready, group.pods()))

    seen = watch(group, clients, lambda: node.kill_first_process(agent), is_back, SHORT)
    for old, new in zip(before, [facts(group, each) for each in (0, 1)], strict=True):
        for same in ("uid", "generation", "processes"):
            assert old[same] == new[same], "the engine has to be adopted, not started again"
    (stream,) = seen.streams
    assert stream["done"] or (index == 0 and stream["error"]), stream
    seen.assert_honest(0 if index else patience(DETECTION_SECONDS))
    figures(f"agent of pod {index} killed: serves again after", round(seen.healed_after, 1), "s")


def lose_pod(group: Release, clients: Clients, index: int, figures: Figures) -> None:
    """A stream that has begun ends as it should, and the other pod stays as it is."""
    before = [facts(group, each) for each in (0, 1)]

    def delete() -> None:
        group.kube.ok("delete", "pod", pod_of(group, index), "--wait=false")

    seen = watch(group, clients, delete, lambda: has_healed(group, before[0]), SHORT)
    after = [facts(group, each) for each in (0, 1)]
    assert after[index]["uid"] != before[index]["uid"]
    assert after[1 - index]["uid"] == before[1 - index]["uid"]
    assert after[1 - index]["restarts"] == before[1 - index]["restarts"]
    assert after[0]["generation"] == after[1]["generation"] != before[0]["generation"]
    assert seen.streams[0]["done"], seen.streams
    seen.assert_honest(0)
    figures(f"pod {index} deleted: serves again after", round(seen.healed_after, 1), "s")
