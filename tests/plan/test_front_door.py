"""When there is a front door, what it gets, and what its demand needs of the scaler."""

from __future__ import annotations

import pytest

from tests.support.plans import messages, plan_of

GROUP = "nodes: 2\nfabric: ethernet\n"
REDIS = "triggers: [{type: redis, metadata: {address: r, listName: l, listLength: '5'}}]"
CPU = "triggers: [{type: cpu, metadata: {value: '80', containerName: vllm-engine}}]"
HTTP = "triggers: [{type: http, metadata: {targetValue: '4', hosts: a}}]"
OWN = "triggers: [{type: metrics-api, preset: front-door, metadata: {targetValue: '4'}}]"


@pytest.mark.parametrize(
    ("text", "is_on"),
    [
        ("replicas: 2", False),
        ("frontDoor: true", True),
        ("frontDoor: {replicas: 3}", True),
        ("autoscaling: {min: 0, max: 2}", True),
        ("autoscaling: {min: 1, max: 2}", True),
        (f"autoscaling: {{min: 0, max: 2, {REDIS}}}", True),
        (f"autoscaling: {{min: 0, max: 2, {REDIS}}}\nfrontDoor: false", False),
        (f"autoscaling: {{min: 1, max: 2, {CPU}}}", False),
        (f"autoscaling: {{min: 1, max: 2, {CPU}}}\nfrontDoor: true", True),
        (f"autoscaling: {{min: 0, max: 2, {HTTP}}}", False),
        (f"autoscaling: {{min: 1, max: 2, {OWN}}}", True),
        (f"nodes: 2\nfabric: roce-shared-device\nautoscaling: {{min: 0, max: 2, {REDIS}}}", False),
        ("nodes: 2\nfabric: roce-shared-device\nautoscaling: {min: 0, max: 1}", True),
    ],
)
def test_when_there_is_one(text, is_on):
    plan = plan_of(text)
    assert (plan.front_door is not None) == is_on
    told = [each for each in plan.decisions if each.key == "frontDoor"]
    assert all(each.source for each in told)
    assert len(told) == (not text.startswith("replicas"))


def test_its_demand_is_the_default_trigger():
    for extra in ("", GROUP):
        plan = plan_of(f"{extra}autoscaling: {{min: 0, max: 3}}")
        assert plan.autoscaling is not None
        (trigger,) = plan.autoscaling.values["triggers"]
        assert (trigger["type"], trigger["preset"]) == ("metrics-api", "front-door")
        assert trigger["metadata"] == {"targetValue": "16"}
        assert plan.autoscaling.oldest_keda == "2.20.0"


def test_it_holds_for_longer_than_a_cold_start():
    plan = plan_of("startup: {pullSeconds: 301}\nautoscaling: {min: 0, max: 3}")
    assert plan.front_door is not None
    hold = plan.front_door.values["holdSeconds"]
    assert hold % 60 == 0
    assert plan.time.cold_start + 15 + 300 <= hold < plan.time.cold_start + 15 + 360


def cooldown(text: str) -> int:
    plan = plan_of(text)
    assert plan.autoscaling is not None
    seconds: int = plan.autoscaling.values["cooldownSeconds"]
    return seconds


def test_the_cooldown_is_longer_than_its_end_and_a_poll():
    long = "frontDoor: {drainSeconds: 3600}\n"
    assert cooldown(f"{long}autoscaling: {{min: 0, max: 3}}") == 5 + 3600 + 15 + 1
    assert cooldown(f"{long}autoscaling: {{min: 0, max: 3, {REDIS}}}") < 3600
    (refused,) = messages(f"{long}autoscaling: {{min: 0, max: 3, cooldownSeconds: 3620}}")
    assert "3620 s is over before a pod of the front door has ended (3620 s" in refused
    assert cooldown(f"{long}autoscaling: {{min: 0, max: 3, cooldownSeconds: 3621}}") == 3621


def words(text: str) -> dict[str, str]:
    return {each.key: str(each.value) for each in plan_of(text).decisions}


def test_the_plan_in_words():
    told = words(f"""{GROUP}accelerator: {{name: nvidia-l4, count: 4}}
startup: {{pullSeconds: 180}}
autoscaling: {{min: 0, max: 6, cooldownSeconds: 1800}}""")
    assert told["autoscaling.idle"] == "0 groups when idle for 30 min"
    assert told["autoscaling.groups"] == (
        "1st at 1 waiting or running request, 2nd above 16, ..., 6th above 80"
    )
    assert told["autoscaling.devices"] == "0 to 48"
    told = words("autoscaling: {min: 1, max: 4}")
    assert told["frontDoor"] == "on"
    assert told["autoscaling.idle"] == "1 pod always"
    sources = {each.key: each.source for each in plan_of("autoscaling: {min: 1, max: 4}").decisions}
    assert sources["autoscaling.pods"] == "rule: one for each 16 requests waiting or running"


def test_what_people_need_of_its_pods_is_theirs_alone():
    plan = plan_of("""\
frontDoor: {pod: {securityContext: {runAsUser: 7}}}
pod: {nodeSelector: {gpu: a}, securityContext: {runAsUser: 0, runAsNonRoot: false}}""")
    assert plan.front_door is not None
    pod = plan.front_door.values["pod"]
    assert "nodeSelector" not in pod
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsNonRoot"]) == (
        7,
        True,
    )
