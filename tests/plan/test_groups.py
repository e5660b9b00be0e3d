"""Replicas of several pods: how they start by engine and version, roles, networks, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import messages, plan_of, resolve, shipped, shipped_engine
from wingsctl.catalog.versions import applies
from wingsctl.plan.engine_args import find_flag
from wingsctl.plan.group import launch_tokens

TWO = "nodes: 2"
CARDS = "accelerator: {name: nvidia-l4, count: COUNT}"


def decisions(text):
    return {each.key: each for each in plan_of(text).decisions}


@pytest.mark.parametrize("name", ["vllm", "sglang"])
def test_every_flag_of_a_group_is_in_the_table_of_every_version_that_has_one(name):
    engine = shipped_engine(name)
    able = 0
    for version in engine.versions:
        launch = next((row for row in engine.groups if applies(row, version)), None)
        table = shipped().flag_table(name, version)
        if launch is None:
            assert find_flag(table, "nnodes") is None, version
            continue
        able += 1
        tokens = [*launch.argv, *launch.data_argv]
        flags = [token.removeprefix("--") for token in tokens if token.startswith("--")]
        for flag in [*flags, *launch.worker_args]:
            assert find_flag(table, flag) is not None, (version, flag)
            is_open = flag in ("distributed-timeout-seconds", "dist-timeout")
            assert is_open or flag in engine.owned or launch.worker_args.get(flag) is False
    assert able >= 10


def test_nodes_and_data_parallel_tokens():
    plan = plan_of("nodes: 3\nengine: {name: vllm, version: 0.33.0}")
    tokens = " ".join(plan.engine.command)
    assert (
        "--nnodes 3 --node-rank $(LWS_WORKER_INDEX) --master-addr $(LWS_LEADER_ADDRESS)" in tokens
    )
    assert "--data-parallel-rpc-port" not in tokens
    assert plan.engine.command[-2:] == ["--served-model-name", "$(MODEL_NAME)"]
    plan = plan_of("nodes: 2\nparallelism: {tensor: 1, data: 2}")
    assert "--data-parallel-rpc-port" in plan.engine.command
    assert launch_tokens(None, 1, plan.parallel) == []


@pytest.mark.parametrize("version", ["0.8.5", "0.10.2", "0.11.0"])
def test_versions_that_need_ray_are_refused_with_the_next_that_does_not(version):
    (found,) = messages(f"{TWO}\nengine: {{name: vllm, version: {version}}}")
    assert found == (
        f"engine.version: vLLM {version} cannot start over several nodes by its own command"
    )
    _, problems = resolve(f"{TWO}\nengine: {{name: vllm, version: {version}}}")
    (hint,) = [each.hint for each in problems if each.severity == "error"]
    assert hint.startswith("use 0.11.2 or later; before 0.11.1 it needs Ray")


@pytest.mark.parametrize(
    ("count", "nodes", "sizes", "found"),
    [
        (8, 2, "{tensor: 8, pipeline: 2}", None),
        (8, 2, "{tensor: 16, pipeline: 1}", None),
        (8, 2, "{tensor: 4, data: 4}", None),
        (8, 4, "{tensor: 8, pipeline: 2, data: 2}", None),
        (2, 4, "{tensor: 4, pipeline: 1, data: 2}", None),
        (3, 2, "{tensor: 2, pipeline: 3}", "tensor 2 over 3 accelerators per pod"),
        (2, 3, "{tensor: 3, pipeline: 1, data: 2}", "tensor 3 over 2 accelerators per pod"),
        (2, 3, "{tensor: 1, pipeline: 3, data: 2}", "tensor x pipeline 3 over 2 accelerators"),
        (8, 2, "{tensor: 8}", None),
        (8, 2, "{tensor: 8, pipeline: 1}", "tensor 8 x pipeline 1 = 8 ranks, but there are 16"),
    ],
)
def test_sizes_over_nodes(count, nodes, sizes, found):
    text = f"model: qwen3-30b-a3b\naccelerator: {{name: nvidia-h100, count: {count}}}\n"
    problems = [
        each
        for each in messages(f"{text}nodes: {nodes}\nparallelism: {sizes}")
        if "accelerators" in each
    ]
    assert len(problems) == (found is not None)
    assert not found or found in problems[0]


@given(st.integers(1, 8), st.integers(2, 6), st.integers(1, 16), st.integers(1, 4))
def test_what_passes_fills_nodes_or_shares_them_evenly(count, nodes, tensor, data):
    text = (
        f"accelerator: {{name: nvidia-l4, count: {count}}}\nnodes: {nodes}\n"
        f"parallelism: {{tensor: {tensor}, data: {data}}}"
    )
    is_refused = any("accelerators" in each for each in messages(text))
    if is_refused:
        return
    world = count * nodes
    pipeline = world // (tensor * data)
    assert tensor * pipeline * data == world
    inner = tensor * pipeline if data > 1 else tensor
    for ranks in (tensor, inner):
        assert ranks % count == 0 or count % ranks == 0


def test_each_pod_asks_for_its_part_of_the_weights():
    def memory(text):
        return plan_of(text).engine.resources["requests"]["memory"]

    assert memory("accelerator: {name: nvidia-l4, count: 1}") == "23Gi"
    assert memory("nodes: 2") == "16Gi"
    assert memory("nodes: 2\nparallelism: {tensor: 1, data: 2}") == "23Gi"
    cpu = plan_of("nodes: 2\nparallelism: {tensor: 2}").engine.resources["requests"]["cpu"]
    assert cpu == "2"


def test_one_template_while_roles_differ_in_their_command_only():
    group = plan_of(
        f"{TWO}\nroles: {{worker: {{engine: {{args: {{seed: 1}}, env: {{A: b}}}}}}}}"
    ).group
    assert not group.is_split
    assert group.worker.args == {"seed": 1, "headless": True, "api-server-count": False}
    assert group.leader.args == {}


@pytest.mark.parametrize(
    "role",
    [
        "{engine: {resources: {limits: {memory: 100Gi}}}}",
        "{pod: {nodeSelector: {a: b}}}",
        "{engine: {env: {A: {valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}}}}",
        '{engine: {env: {A: {expand: "$(POD_IP)"}}}}',
    ],
)
def test_two_sets_where_one_template_cannot_do(role):
    plan = plan_of(f"{TWO}\nroles: {{leader: {role}}}")
    assert plan.group.is_split
    sets = next(each for each in plan.decisions if each.key == "group.sets")
    assert sets.value == "a StatefulSet for the leader and one for its workers"


REFUSED = [
    ("roles: {worker: {engine: {args: {headless: true}}}}", "is set by wingsctl"),
    ("roles: {worker: {engine: {args: {no-such-flag: 1}}}}", "has no flag --no-such-flag"),
    ("roles: {worker: {engine: {env: {POD_UID: x}}}}", "is set by the chart"),
    ("roles: {leader: {pod: {labels: {wingsctl/role: x}}}}", "is set by the chart"),
    ("roles: {leader: {pod: {volumes: [{name: shm, emptyDir: {}}]}}}", "volume name shm is taken"),
    ("roles: {leader: {engine: {resources: {limits: {nvidia.com/gpu: 2}}}}}", "are the same in"),
    ("roles: {leader: {engine: {resources: {limits: {memory: 1Gi}}}}}", "above a limit of 1Gi"),
    ("engine: {name: vllm, env: {WINGS_TEMPLATE: x}}", "is set by the chart"),
    ("gateway: {env: {POD_NAME: x}}", "is set by the chart"),
    ("pod: {env: {NODE_NAME: x}}", "is set by the chart"),
    ("engine: {name: vllm, args: {distributed_executor_backend: ray}}", "start without Ray"),
    ("engine: {name: sglang}\nroles: {leader: {engine: {args: {use-ray: true}}}}", "without Ray"),
    ("rollout: {maxSurge: 1}", "a StatefulSet has no surge"),
    ("rollout: {maxUnavailable: 1}", "1 can stop a rollout for ever"),
    ("rollout: {maxUnavailable: 100%}", "100% can stop a rollout for ever"),
    ("replicas: 101", "101 groups are above 100"),
    ("replicas: 100\npod: {hostNetwork: true}\nscheduling: {firstHostPort: 29000}",
     "reach into 30000"),
    ("engine: {name: vllm, args: {chat-template-content-format: --wings-worker-command}}",
     "holds --wings-worker-command"),
    ("model: {name: qwen2.5-7b-instruct, servedName: --wings-worker-command}",
     "holds --wings-worker-command"),
    ("scheduling: {queue: {kind: kueue, name: q}}\nroles: {leader: {pod: {nodeSelector: {a: b}}}}",
     "Kueue admits each StatefulSet by itself"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), REFUSED)
def test_what_a_group_cannot_have_is_refused(text, found):
    assert any(found in each for each in messages(f"{TWO}\n{text}"))


@pytest.mark.parametrize(
    "text",
    [
        "roles: {worker: {engine: {args: {seed: 1}}}}",
        "scheduling: {topologyKey: rack}",
        "scheduling: {queue: {kind: volcano, name: q}}",
        "rollout: {upTo: 0}",
        "shutdown: {turnSeconds: 5}",
    ],
)
def test_what_only_groups_have_is_refused_for_one_pod(text):
    (found,) = messages(text)
    assert found.endswith("is for replicas of several pods, and nodes is 1")


def test_a_group_is_said_in_pods_roles_and_devices():
    found = decisions(f"{TWO}\nreplicas: 3\naccelerator: {{name: nvidia-l4, count: 4}}")
    assert found["group.roles"].value == "pod 0 leads, pod 1 works"
    assert found["group.devices"].value == "2 pods x 4 = 8 nvidia.com/gpu a group, 24 in 3 groups"
    several = decisions("nodes: 4\naccelerator: none\nengine: vllm")
    assert several["group.roles"].value == "pod 0 leads, pods 1 to 3 work"
    assert several["group.devices"].value == "none"


def test_what_two_half_placed_groups_would_do_is_said():
    alone = decisions(f"{TWO}\nreplicas: 2")["scheduling.queue"]
    assert alone.value == "none"
    assert "both may hold a part and wait for the rest" in alone.source
    queued = decisions(f"{TWO}\nscheduling: {{queue: {{kind: volcano, name: q}}}}")
    assert queued["scheduling.queue"].value == {"kind": "volcano", "name": "q"}
    assert queued["pod.schedulerName"].value == "volcano"


WARNED = [
    ("", "no fabric: the engines exchange everything over TCP"),
    ("fabric: roce-sriov", "from here: network sriov-rdma-network; resource nvidia.com/sriov_res"),
    ("fabric: roce-sriov", "NCCL_SOCKET_IFNAME=eth0"),
    ("fabric: roce-sriov", "IPC_LOCK is only in the bounding set"),
    ("fabric: {env: {NCCL_IB_GID_INDEX: '3'}}", "NCCL_IB_GID_INDEX=3, which must be the RoCE v2"),
    ("pod: {env: {NCCL_IB_GID_INDEX: '3'}}\nfabric: ethernet", "NCCL_IB_GID_INDEX=3"),
    ("fabric: roce-shared-device", "ports 20000 to 20031"),
    ("pod: {hostNetwork: true}\nreplicas: 2\nfabric: ethernet", "ports 20000 to 20063"),
    ("accelerator: huawei-ascend-910b\nfabric: ethernet", "does not read NCCL_SOCKET_IFNAME"),
    ("parallelism: {tensor: 2}", "tensor parallel 2 spans 2 nodes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), WARNED)
def test_what_cannot_be_checked_is_warned_of(text, found):
    assert any(found in each for each in messages(f"{TWO}\n{text}", "warning"))


def test_a_fitting_fabric_is_not_warned_of():
    text = f"{TWO}\naccelerator: huawei-ascend-910b\nfabric: ascend"
    assert not any("does not read" in each for each in messages(text, "warning"))
    root = "pod: {securityContext: {runAsUser: 0, runAsNonRoot: false}}"
    assert not any(
        "bounding" in e for e in messages(f"{TWO}\nfabric: infiniband\n{root}", "warning")
    )


def test_the_role_that_needs_the_most_decides_the_pod_security_level():
    role = "roles: {worker: {pod: {volumes: [{name: n, hostPath: {path: /n}}]}}}"
    assert plan_of(f"{TWO}\n{role}").pod_security == "privileged"
    assert plan_of(TWO).pod_security == "restricted"
