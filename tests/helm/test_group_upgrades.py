"""What `helm upgrade --set` does to groups: whole ones come and go, the others stay."""

from __future__ import annotations

import json

import pytest

from tests.helm.test_group_charts import env_of, sets
from tests.support.helm import WORKER_WORD, containers, pick, role_argv
from tests.support.umbrella import Umbrella

pytestmark = pytest.mark.slow


@pytest.fixture
def upgrade(helm, charts):
    """Objects of a group's chart, by its name, with further helm arguments."""
    return lambda name, *arguments: helm.template(charts[name], *arguments)


@pytest.mark.parametrize("name", ["llama-small", "group-split", "group-host", "group-kueue"])
def test_more_groups_leave_those_there_are_alone(upgrade, name):
    one, three = (upgrade(name, "--set", f"replicas={count}") for count in (1, 3))
    assert sets(one).items() <= sets(three).items()
    assert len(sets(three)) == 3 * len(sets(one))
    # A leader that is alone is asked while it loads, too: its 503 has a reason.
    differ = ("StatefulSet", "PodGroup", "Service")
    shared = [each for each in one if each["kind"] not in differ]
    assert [each for each in three if each in shared] == shared
    for objects, is_alone in ((one, True), (three, False)):
        service = pick(objects, "Service", "demo")["spec"]
        assert ("publishNotReadyAddresses" in service) == is_alone


def test_no_groups_at_all(upgrade):
    objects = upgrade("llama-small", "--set", "replicas=0")
    assert sets(objects) == {}
    assert {each["kind"] for each in objects} >= {"Service", "ConfigMap"}


def partitions(objects):
    return [spec["updateStrategy"]["rollingUpdate"]["partition"] for spec in sets(objects).values()]


def test_a_canary_holds_the_groups_above_it_back(upgrade):
    three = ("deepseek-fixed", "--set", "replicas=3")
    assert partitions(upgrade(*three)) == [0, 0, 0]
    assert partitions(upgrade(*three, "--set", "rollout.upTo=0")) == [0, 2, 2]
    assert partitions(upgrade(*three, "--set", "rollout.upTo=1")) == [0, 0, 2]
    assert partitions(upgrade(*three, "--set", "rollout.upTo=7")) == [0, 0, 0]
    assert partitions(upgrade(*three, "--set", "rollout.upTo=null")) == [0, 0, 0]
    # As the profile of this one says; the number of a set's pods holds all of them back.
    assert partitions(upgrade("group-extras")) == [0, 2]
    assert partitions(upgrade("group-extras", "--set", "rollout.upTo=null")) == [0, 0]
    assert partitions(upgrade("group-split", "--set", "rollout.upTo=0")) == [0, 3, 0, 3]


def templates(objects):
    return {name: env_of(objects, name=name)["WINGS_TEMPLATE"] for name in sets(objects)}


def test_the_template_is_another_where_a_pod_is(upgrade, tmp_path):
    now = templates(upgrade("group-split"))
    assert now == templates(upgrade("group-split", "--set", "service.port=80"))
    for change in (
        "engine.image.tag=x", "engine.args.seed=3", "gateway.image.tag=x", "model.maxLength=99",
        "pod.priorityClassName=x", "roles.worker.engine.args.seed=3", "roles.leader.engine.env.A=b",
        "roles.leader.engine.resources.limits.memory=99Gi", "shutdown.drainSeconds=61",
        "labels.a=b", "probes.liveness.periodSeconds=11",
    ):  # fmt: skip
        then = templates(
            upgrade("group-split", "--set-string" if "labels" in change else "--set", change)
        )
        assert not set(now.values()) & set(then.values()), change
        assert then["demo-0-leader"] == then["demo-0-worker"], change


def test_arguments_and_variables_of_a_role(upgrade):
    objects = upgrade(
        "group",
        "--set", "roles.leader.engine.args.api-server-count=2",
        "--set", "roles.worker.engine.env.DEBUG=it's $(x) $$",
        "--set", "roles.worker.engine.env.N=1048576",
        "--set", "engine.args.seed=3",
    )  # fmt: skip
    roles = role_argv(objects)
    assert roles["leader"][-4:] == ["--api-server-count", "2", "--seed", "3"]
    assert roles["worker"][:3] == ["env", "DEBUG=it's $(x) $$", "N=1048576"]
    assert roles["worker"][-3:] == ["--headless", "--seed", "3"]


def test_a_worker_opens_no_api_whatever_the_engine_is_told(upgrade):
    roles = role_argv(upgrade("group", "--set", "engine.args.api-server-count=4"))
    assert roles["leader"][-2:] == ["--api-server-count", "4"]
    assert roles["worker"][-1] == "--headless"


def test_the_nodes_network_can_be_switched_on(upgrade):
    objects = upgrade(
        "group-kueue", "--set", "pod.hostNetwork=true", "--set", "scheduling.firstHostPort=21000"
    )
    pods = [spec["template"]["spec"] for spec in sets(objects).values()]
    assert {pod["dnsPolicy"] for pod in pods} == {"ClusterFirstWithHostNet"}
    assert [env_of(objects, name=name)["WINGS_PORT"] for name in sets(objects)] == [
        "21000",
        "21032",
    ]
    kept = upgrade("group", "--set", "pod.hostNetwork=true", "--set", "pod.dnsPolicy=None")
    assert sets(kept)["demo-0"]["template"]["spec"]["dnsPolicy"] == "None"


def test_times_of_a_group(upgrade):
    objects = upgrade(
        "group-kueue", "--set", "shutdown.turnSeconds=1000", "--set", "shutdown.drainSeconds=100"
    )
    graces = [
        spec["template"]["spec"]["terminationGracePeriodSeconds"] for spec in sets(objects).values()
    ]
    assert graces == [5 + 10 + 100 + 20 + 20, 1000 + 5 + 10 + 100 + 20 + 20]
    assert env_of(objects, name="demo-1")["WINGS_TURN_SECONDS"] == "1000"
    assert env_of(objects, "sglang-engine", "demo-1")["WINGS_GRACE_SECONDS"] == "1135"


def test_scheduling(upgrade):
    objects = upgrade(
        "group-volcano", "--set", "scheduling.topologyKey=a.b/c",
        "--set", "scheduling.strict=false", "--set", "scheduling.queue.name=other",
    )  # fmt: skip
    affinity = sets(objects)["demo-0"]["template"]["spec"]["affinity"]["podAffinity"]
    (term,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["podAffinityTerm"]["topologyKey"] == "a.b/c"
    queues = [each["spec"]["queue"] for each in objects if each["kind"] == "PodGroup"]
    assert queues == ["other"]


def test_resources_of_a_role_are_laid_over_those_of_the_engine(upgrade):
    objects = upgrade("group-split", "--set", "roles.worker.engine.resources.requests.cpu=7")
    worker = containers(objects, "demo-0-worker")["sglang-engine"]["resources"]
    leader = containers(objects, "demo-0-leader")["sglang-engine"]["resources"]
    assert worker["requests"]["cpu"] == 7
    assert leader["requests"]["cpu"] != 7
    assert worker["requests"]["nvidia.com/gpu"] == leader["requests"]["nvidia.com/gpu"] == 1


REFUSED = [
    ("group", {"replicas": 101}, "replicas"),
    ("group", {"nodes": 3}, "nodes"),
    ("group", {"rollout": {"maxSurge": 1}}, "maxSurge"),
    ("group", {"rollout": {"maxUnavailable": 1}}, "maxUnavailable"),
    ("group", {"rollout": {"maxUnavailable": "100%"}}, "maxUnavailable"),
    ("group", {"rollout": {"upTo": -1}}, "upTo"),
    ("group", {"shutdown": {"turnSeconds": None}}, "turnSeconds"),
    ("group", {"scheduling": {"queue": {"name": "x"}}}, "queue"),
    ("group-volcano", {"scheduling": {"queue": {"kind": "kueue"}}}, "kind"),
    ("group", {"roles": {"worker": {"pod": {"nodeSelector": {"a": "b"}}}}}, "pod"),
    ("group", {"roles": {"worker": {"engine": {"resources": {}}}}}, "resources"),
    ("group", {"roles": {"worker": {"engine": {"args": {"headless": False}}}}}, "headless"),
    ("group", {"roles": {"leader": {"engine": {"args": {"headless": True}}}}}, "headless"),
    ("group", {"roles": {"leader": {"engine": {"args": {"nnodes": 3}}}}}, "nnodes"),
    ("group", {"roles": {"leader": {"engine": {"env": {"A": {"expand": "$(B)"}}}}}}, "A"),
    ("group", {"roles": {"leader": {"engine": {"env": {"LWS_SIZE": "9"}}}}}, "LWS_SIZE"),
    ("group-split", {"roles": {"leader": {"pod": {"hostNetwork": True}}}}, "hostNetwork"),
    ("group-split", {"roles": {"leader": {"pod": {"labels": {"wingsctl/role": "x"}}}}}, "role"),
    ("group", {"engine": {"env": {"POD_NAME": "x"}}}, "POD_NAME"),
    ("group", {"gateway": {"env": {"WINGS_TEMPLATE": "x"}}}, "WINGS_TEMPLATE"),
    ("group", {"pod": {"labels": {"wingsctl/group": "0"}}}, "labels"),
    ("group", {"engine": {"args": {"distributed-executor-backend": "ray"}}}, "executor"),
    ("group", {"engine": {"args": {"a": WORKER_WORD}}}, "a"),
    ("group", {"engine": {"args": {"a": ["x", WORKER_WORD]}}}, "a"),
    ("claim", {"rollout": {"upTo": 0}}, "upTo"),
    ("claim", {"shutdown": {"turnSeconds": 5}}, "turnSeconds"),
    ("claim", {"roles": {}}, "roles"),
    ("claim", {"scheduling": {}}, "scheduling"),
]  # fmt: skip


def test_values_that_a_group_cannot_have_are_refused(helm, charts, tmp_path):
    rows = {f"{name}: {json.dumps(values)}": (name, values, key) for name, values, key in REFUSED}
    assert len(rows) == len(REFUSED)
    umbrella = Umbrella(tmp_path, {row: (charts[n], v) for row, (n, v, _) in rows.items()})
    refused = umbrella.refusals(helm)
    said = {row: refused.get(row, "passes") for row in rows}
    assert {row: text for row, text in said.items() if rows[row][2] not in text} == {}


def test_values_that_a_group_may_have(helm, charts):
    values = {
        "replicas": 100,
        "rollout": {"upTo": None, "maxUnavailable": 2},
        "roles": {"worker": {"engine": {"args": {"a": [1, "x"]}, "env": {"A": 1, "B": True}}}},
        "scheduling": {"strict": True},
    }
    done = helm.run("template", "demo", charts["group"], "-f", "-", stdin=json.dumps(values))
    assert done.returncode == 0, done.stderr
