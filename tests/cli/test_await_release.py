"""Our own wait, where it differs from a sequence of `kubectl rollout status`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from wingsctl.actions.await_release import await_release
from wingsctl.actions.install_steps import Steps
from wingsctl.adapters.kubectl import Kubectl
from wingsctl.adapters.process import Finished
from wingsctl.errors import ToolError

DEPLOYMENT = {"kind": "Deployment", "metadata": {"name": "chat"}, "spec": {}}
CLAIM = {"kind": "PersistentVolumeClaim", "metadata": {"name": "cache"}, "spec": {}}
OK, FAILED = Finished(0, "", ""), Finished(1, "", "error: refused")


class Cluster:
    """A kubectl with answers by its words, the last of each for ever; it notes its calls."""

    def __init__(self, **answers: Finished | list[Finished]) -> None:
        self.answers = {
            words.replace("_", " "): [answer] if isinstance(answer, Finished) else list(answer)
            for words, answer in answers.items()
        }
        self.asked: list[str] = []
        self.time = 0.0

    def __call__(self, command: Sequence[str], **_: Any) -> Finished:
        text = " ".join(command)
        self.asked.append(text)
        found = next((each for words, each in self.answers.items() if words in text), [OK])
        return found.pop(0) if found[1:] else found[0]

    def sleep(self, seconds: float) -> None:
        self.time += seconds

    def wait(self, *objects: dict[str, Any], seconds: int = 60) -> None:
        kubectl, steps = Kubectl("kubectl", run=self), Steps(self, lambda _: None, capture=True)
        await_release(kubectl, objects, seconds, steps, lambda: self.time, self.sleep)


def items(*objects: dict[str, Any]) -> Finished:
    return Finished(0, json.dumps({"items": objects}), "")


def test_each_workload_gets_the_time_that_is_left():
    cluster = Cluster()

    def slow(command: Sequence[str], **_: Any) -> Finished:
        cluster.time += 20.5
        return cluster(command)

    group = {"kind": "StatefulSet", "metadata": {"name": "chat-0"}, "spec": {"replicas": 0}}
    await_release(
        Kubectl("kubectl"), [DEPLOYMENT, group], 60, Steps(slow, lambda _: None, capture=True),
        lambda: cluster.time,
    )  # fmt: skip
    assert cluster.asked == [
        "kubectl rollout status deployment/chat --timeout=60s",
        "kubectl rollout status statefulset/chat-0 --timeout=40s",
    ]


def test_what_is_replaced_by_hand_only_is_not_waited_for():
    cluster = Cluster()
    by_hand = {"updateStrategy": {"type": "OnDelete"}}
    cluster.wait({"kind": "StatefulSet", "metadata": {"name": "chat-0"}, "spec": by_hand})
    assert cluster.asked == []


def test_a_server_that_does_not_answer_for_a_moment_is_no_failure():
    cluster = Cluster(rollout=[FAILED, OK], get_deployment=FAILED)
    cluster.wait(DEPLOYMENT)
    assert ["rollout" in each for each in cluster.asked] == [True, False, True]


def test_a_server_that_does_not_answer_at_all_is_one_in_the_end():
    cluster = Cluster(rollout=FAILED, get_deployment=FAILED)
    with pytest.raises(ToolError, match="deployment/chat is not ready in time"):
        cluster.wait(DEPLOYMENT)
    assert cluster.time == 60


@pytest.mark.parametrize("answer", [items(DEPLOYMENT), Finished(1, "", "Error (NotFound): ...")])
def test_a_rollout_that_has_failed_is_not_waited_for(answer):
    cluster = Cluster(rollout=FAILED, get_deployment=answer)
    with pytest.raises(ToolError, match="deployment/chat is not ready") as caught:
        cluster.wait(DEPLOYMENT)
    assert caught.value.hint == "error: refused"
    assert cluster.time == 0


def storage(mode: str, **annotations: str) -> Finished:
    metadata = {"name": "fast", "annotations": annotations}
    return items({"metadata": metadata, "volumeBindingMode": mode})


DEFAULT = {"storageclass.kubernetes.io/is-default-class": "true"}


@pytest.mark.parametrize(
    ("claim", "classes", "is_waited_for"),
    [
        ({"spec": {}, "status": {"phase": "Bound"}}, storage("Immediate", **DEFAULT), False),
        ({"spec": {}}, storage("Immediate", **DEFAULT), True),
        ({"spec": {"storageClassName": "fast"}}, storage("Immediate"), True),
        ({"spec": {"storageClassName": "fast"}}, storage("WaitForFirstConsumer"), False),
        ({"spec": {"storageClassName": "slow"}}, storage("Immediate"), False),
        ({"spec": {"storageClassName": "fast"}}, FAILED, False),
    ],
)
def test_a_claim_that_no_pod_mounts(claim, classes, is_waited_for):
    found = items({**claim, "metadata": {"name": "cache"}}, {"metadata": {"name": "other"}})
    cluster = Cluster(get_persistentvolumeclaim=found, get_storageclass=classes)
    cluster.wait(CLAIM)
    waits = [each for each in cluster.asked if " wait " in each]
    bound = "--for=jsonpath={.status.phase}=Bound --timeout=60s"
    expected = [f"kubectl wait persistentvolumeclaim/cache {bound}"] if is_waited_for else []
    assert waits == expected
