"""The Pod Security level that a plan states is the one that Kubernetes' own admission finds."""

from __future__ import annotations

import json
import subprocess

from tests.support.helm import doors_of, pick, workloads
from wingsctl.plan.pod_security import STRICTNESS

RESTRICTED = (
    "claim", "new-claim", "hub-ephemeral", "hub-claim", "hub-new-claim", "modelscope",
    "modelscope-claim", "image", "chat", "llama-chat", "pod-extras", "cpu-only", "amd",
    "group", "group-roles", "group-kueue", "group-cpu", "group-extras", "real", "fake",
)  # fmt: skip
PRIVILEGED = (
    "wings-infer", "wings-infer-sglang", "host-path", "fabric-host", "null", "group-host",
    "group-split", "llama-small",
)  # fmt: skip


def judge(tool, pods):
    """Verdicts by pod name."""
    stdin = "\n".join(
        json.dumps({"metadata": {**pod["metadata"], "name": name}, "spec": pod["spec"]})
        for name, pod in pods.items()
    )
    done = subprocess.run([tool], input=stdin, capture_output=True, text=True, check=True)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    return {verdict["name"]: verdict for verdict in verdicts}


def test_the_plan_states_the_level_that_admission_finds(rendered, pod_security):
    pods = {
        f"{chart.name} {number}": each["spec"]["template"]
        for chart in rendered
        for number, each in enumerate(workloads(chart.objects))
    }
    verdicts = judge(pod_security, pods)
    found = {}
    for name in pods:  # what the plan says is the level of the role that needs the most
        chart, level = name.rsplit(" ", 1)[0], verdicts[name]["level"]
        found[chart] = min(level, found.get(chart, level), key=STRICTNESS.index)
    assert found == {chart.name: chart.plan.pod_security for chart in rendered}, verdicts
    assert {name: found[name] for name in RESTRICTED} == dict.fromkeys(RESTRICTED, "restricted")
    assert {name: found[name] for name in PRIVILEGED} == dict.fromkeys(PRIVILEGED, "privileged")


def test_every_front_door_is_restricted_whatever_its_pods_need(rendered, pod_security):
    doors = {
        chart.name: each["spec"]["template"]
        for chart in rendered
        for each in doors_of(chart.objects)
    }
    verdicts = judge(pod_security, doors)
    assert {"quiet", "deepseek-r1", "group-host-door"} <= set(doors)
    assert {verdict["level"] for verdict in verdicts.values()} == {"restricted"}, verdicts


def test_helm_test_pods_pass_where_their_release_passes(rendered, pod_security):
    levels = ("privileged", "baseline", "restricted")
    verdicts = judge(pod_security, {chart.name: pick(chart.objects, "Pod") for chart in rendered})
    for chart in rendered:
        found = verdicts[chart.name]["level"]
        assert levels.index(found) >= levels.index(chart.plan.pod_security), chart.name


def test_the_judge_tells_the_levels_apart(pod_security):
    container = {"name": "a", "image": "a"}
    strict = {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    pods = {
        "restricted": {"containers": [{**container, "securityContext": strict}]},
        "baseline": {"containers": [container]},
        "privileged": {"containers": [container], "hostNetwork": True},
    }
    verdicts = judge(pod_security, {n: {"metadata": {}, "spec": s} for n, s in pods.items()})
    assert {name: each["level"] for name, each in verdicts.items()} == {n: n for n in pods}
