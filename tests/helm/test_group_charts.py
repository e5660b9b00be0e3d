"""What the charts of groups say to each pod: who it is, what it runs, where it goes."""

from __future__ import annotations

import pytest

from tests.support.helm import HELM_4, WORKER_WORD, argv, containers, pick, role_argv, workloads
from tests.support.profiles import GROUP_NAMES

pytestmark = pytest.mark.slow
INDEX = {"fieldRef": {"fieldPath": "metadata.labels['apps.kubernetes.io/pod-index']"}}


@pytest.fixture
def group(helm, charts):
    """Objects of a group's chart, by its name, with further helm arguments."""
    return lambda name, *arguments: helm.template(charts[name], *arguments)


def env_of(objects, container="wings-infer", name=None):
    """What each variable of a container is: its text, or where it comes from."""
    entries = containers(objects, name)[container]["env"]
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in entries}


def sets(objects):
    return {each["metadata"]["name"]: each["spec"] for each in workloads(objects)}


def test_each_group_is_one_parallel_set_behind_the_peers_service(group):
    objects = group("deepseek-fixed")
    assert list(sets(objects)) == ["demo-0", "demo-1", "demo-2"]
    for number, (name, spec) in enumerate(sets(objects).items()):
        assert (spec["replicas"], spec["ordinals"]) == (2, {"start": 0})
        assert spec["podManagementPolicy"] == "Parallel"
        assert spec["serviceName"] == "demo-peers"
        assert spec["updateStrategy"] == {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 4, "partition": 0},
        }
        assert "minReadySeconds" not in spec
        assert spec["template"]["metadata"]["labels"]["wingsctl/group"] == str(number)
        assert env_of(objects, name=name)["WINGS_GROUP"] == f"$(POD_NAMESPACE)/{name}"


@pytest.mark.parametrize("name", GROUP_NAMES)
def test_every_container_knows_its_place(group, name):
    objects = group(name)
    engine = f"{'vllm' if name == 'deepseek-fixed' else 'sglang'}-engine"
    for container in ("wings-infer", engine):
        env = env_of(objects, container)
        assert env["LWS_GROUP_SIZE"] == "2"
        assert env["LWS_WORKER_INDEX"] == INDEX
        assert env["LWS_LEADER_ADDRESS"] == "demo-0-0.demo-peers.$(POD_NAMESPACE).svc"
        assert env["POD_IP"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    hook = containers(objects)[engine]["lifecycle"]["preStop"]["exec"]["command"]
    assert hook == ["/bin/sh", "/wings/engine-entrypoint.sh", "pre-stop"]
    assert "livenessProbe" not in containers(objects)[engine]


def test_the_gateway_of_a_group_knows_its_peers_and_those_before_it(group):
    env = env_of(group("deepseek-fixed"), name="demo-2")
    assert env["WINGS_GROUP_INDEX"] == "2"
    assert env["WINGS_WORKER_ADDRESS"] == "demo-2-{index}.demo-peers.$(POD_NAMESPACE).svc"
    assert env["WINGS_LOWER_LEADERS"].split() == [
        "demo-0-0.demo-peers.$(POD_NAMESPACE).svc:9001",
        "demo-1-0.demo-peers.$(POD_NAMESPACE).svc:9001",
    ]
    fields = {
        name: each["fieldRef"]["fieldPath"] for name, each in env.items() if "fieldRef" in each
    }
    assert fields == {
        "NODE_NAME": "spec.nodeName",
        "POD_IP": "status.podIP",
        "POD_NAME": "metadata.name",
        "POD_NAMESPACE": "metadata.namespace",
        "POD_UID": "metadata.uid",
        "LWS_WORKER_INDEX": "metadata.labels['apps.kubernetes.io/pod-index']",
        "WINGS_REVISION": "metadata.labels['controller-revision-hash']",
    }
    assert "vllm:iteration_tokens_total_count" in env["WINGS_ENGINE_PROGRESS_METRICS"].split()
    first = env_of(group("deepseek-fixed"), name="demo-0")
    assert (first["WINGS_LOWER_LEADERS"], first["WINGS_TURN_SECONDS"]) == ("", "0")
    assert int(env["WINGS_TURN_SECONDS"]) > 10_000


def test_names_are_set_before_they_are_used(rendered):
    """Kubernetes expands $(NAME) only where the name stands further up."""
    for chart in rendered:
        for workload in workloads(chart.objects):
            for container in workload["spec"]["template"]["spec"]["containers"]:
                seen = set()
                for entry in container["env"]:
                    if "$(POD_NAMESPACE)" in entry.get("value", ""):
                        assert "POD_NAMESPACE" in seen, (chart.name, entry["name"])
                    seen.add(entry["name"])


def test_deepseek_r1_over_two_nodes(group):
    objects = group("deepseek-fixed")
    roles = role_argv(objects)
    common = [
        "vllm", "serve", "/models/DeepSeek-R1", "--host", "127.0.0.1", "--port", "8000",
        "--tensor-parallel-size", "8", "--max-model-len", "163840",
        "--pipeline-parallel-size", "2", "--nnodes", "2", "--node-rank", "$(LWS_WORKER_INDEX)",
        "--master-addr", "demo-0-0.demo-peers.$(POD_NAMESPACE).svc", "--master-port", "29501",
        "--distributed-timeout-seconds", "5220",
        "--served-model-name", "deepseek-ai/DeepSeek-R1",
    ]  # fmt: skip
    assert roles == {"leader": common, "worker": [*common, "--headless"]}
    engine = containers(objects)["vllm-engine"]
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == 8
    assert engine["resources"]["limits"]["nvidia.com/sriov_resource"] == 1
    assert engine["securityContext"]["capabilities"]["add"] == ["IPC_LOCK"]
    env = env_of(objects, "vllm-engine")
    assert env["VLLM_HOST_IP"] == "$(POD_IP)"
    assert (env["NCCL_SOCKET_IFNAME"], env["NCCL_IB_HCA"]) == ("eth0", "mlx5")
    annotations = sets(objects)["demo-0"]["template"]["metadata"]["annotations"]
    assert annotations["k8s.v1.cni.cncf.io/networks"] == "sriov-rdma-network"


def test_llama_with_sglang_over_a_macvlan_network(group):
    objects = group("llama-small")
    assert argv(objects) == [
        "python3", "-m", "sglang.launch_server", "--model-path", "/models/Llama-3.2-1B-Instruct",
        "--host", "127.0.0.1", "--port", "8000", "--tp-size", "2", "--context-length", "131072",
        "--enable-metrics", "--nnodes", "2", "--node-rank", "$(LWS_WORKER_INDEX)",
        "--dist-init-addr", "demo-0-0.demo-peers.$(POD_NAMESPACE).svc:20000",
        "--dist-timeout", "600",
        "--served-model-name", "meta-llama/Llama-3.2-1B-Instruct",
    ]  # fmt: skip
    env = env_of(objects, "sglang-engine")
    written = {"NCCL_IB_GID_INDEX": "5", "NCCL_SOCKET_IFNAME": "eth0", "NCCL_IB_TC": "128"}
    assert written.items() <= env.items()
    assert env["SGLANG_HOST_IP"] == "$(POD_IP)"
    template = sets(objects)["demo-0"]["template"]
    assert template["metadata"]["annotations"]["k8s.v1.cni.cncf.io/networks"] == "macvlan-conf1"
    assert template["spec"]["schedulerName"] == "volcano"
    assert template["metadata"]["annotations"]["scheduling.k8s.io/group-name"] == "demo-0"
    pod_group = pick(objects, "PodGroup")
    assert pod_group["metadata"]["name"] == "demo-0"
    assert pod_group["spec"] == {"minMember": 2, "queue": "a15155090721337344296789"}


def test_data_parallel_over_nodes_names_its_port(group):
    tokens = role_argv(group("group-data"))["worker"]
    at = tokens.index("--data-parallel-rpc-port")
    assert tokens[at + 1] == "29550"
    assert tokens[tokens.index("--data-parallel-size") + 1] == "4"
    assert "--enable-expert-parallel" in tokens


def test_roles_in_one_template_differ_in_the_command_only(group):
    objects = group("group-roles")
    roles = role_argv(objects)
    assert roles["leader"][:3] == ["env", "A=$(B) {{ c }}", "vllm"]
    assert roles["leader"][-2:] == ["--seed", "1"]
    assert "--max-num-seqs" not in roles["leader"]
    assert roles["worker"][0] == "vllm"
    assert roles["worker"][-5:] == ["--headless", "--max-num-seqs", "32", "--seed", "2"]
    assert list(sets(objects)) == ["demo-0", "demo-1"]
    assert "A" not in env_of(objects, "vllm-engine")


def test_roles_that_need_other_pods_have_sets_of_their_own(group):
    objects = group("group-split")
    found = sets(objects)
    assert list(found) == ["demo-0-leader", "demo-1-leader", "demo-0-worker", "demo-1-worker"]
    leader, worker = found["demo-1-leader"], found["demo-1-worker"]
    assert (leader["replicas"], leader["ordinals"]) == (1, {"start": 0})
    assert (worker["replicas"], worker["ordinals"]) == (2, {"start": 1})
    for name in ("demo-1-leader", "demo-1-worker"):
        env = env_of(objects, name=name)
        assert env["LWS_LEADER_ADDRESS"] == "demo-1-leader-0.demo-peers.$(POD_NAMESPACE).svc"
        assert env["WINGS_WORKER_ADDRESS"] == (
            "demo-1-worker-{index}.demo-peers.$(POD_NAMESPACE).svc"
        )
        assert env["LWS_GROUP_SIZE"] == "3"
        assert "WINGS_REVISION" not in env
    templates = {env_of(objects, name=name)["WINGS_TEMPLATE"] for name in found if "-1-" in name}
    assert len(templates) == 1


def test_the_settings_of_a_role_win_in_its_own_set(group):
    objects = group("group-split")
    leader, worker = (sets(objects)[f"demo-0-{role}"]["template"] for role in ("leader", "worker"))
    assert leader["spec"]["nodeSelector"] == {"disk": "nvme"}
    assert "nodeSelector" not in worker["spec"]
    keys = [each["key"] for each in leader["spec"]["tolerations"]]
    assert keys == ["lead", "nvidia.com/gpu"]
    assert worker["spec"]["priorityClassName"] == "bulk"
    assert worker["metadata"]["labels"]["tier"] == "worker"
    first = containers(objects, "demo-0-leader")["sglang-engine"]
    other = containers(objects, "demo-0-worker")["sglang-engine"]
    assert first["resources"]["limits"]["memory"] == "80Gi"
    assert first["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert other["resources"]["limits"]["memory"] != "80Gi"
    env = env_of(objects, "sglang-engine", "demo-0-leader")
    assert env["ROLE"] == "first"
    assert env["NODE"] == {"fieldRef": {"fieldPath": "spec.nodeName"}}
    assert "ROLE" not in env_of(objects, "sglang-engine", "demo-0-worker")
    assert WORKER_WORD not in argv(objects)


def test_groups_on_the_nodes_network_share_no_port(group):
    objects = group("group-host")
    used = []
    for name, spec in sets(objects).items():
        pod = spec["template"]["spec"]
        assert (pod["hostNetwork"], pod["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
        ports = [port["containerPort"] for each in pod["containers"] for port in each["ports"]]
        env = env_of(objects, name=name)
        named = ("WINGS_PORT", "WINGS_CLUSTER_PORT", "ENGINE_PORT")
        assert ports == [int(env[each]) for each in named]
        used.append(
            [*ports, *(int(env[f"WINGS_{n}_PORT"]) for n in ("RENDEZVOUS", "DATA_PARALLEL"))]
        )
        tokens = role_argv(objects, name)["leader"]
        assert tokens[tokens.index("--master-port") + 1] == env["WINGS_RENDEZVOUS_PORT"]
        assert tokens[tokens.index("--port") + 1] == env["ENGINE_PORT"]
    assert [each[0] for each in used] == [20000, 20032, 20064]
    assert len({port for each in used for port in each}) == 15
    # SGLang takes ports up to 13 above the rendezvous.
    assert all(max(each) + 13 < 20000 + 32 * (n + 1) for n, each in enumerate(used))
    lower = env_of(objects, name="demo-2")["WINGS_LOWER_LEADERS"].split()
    assert [each.rsplit(":", 1)[1] for each in lower] == ["20001", "20033"]


def test_a_group_stays_close_and_groups_stay_apart(group):
    objects = group("group-volcano")
    affinity = sets(objects)["demo-0"]["template"]["spec"]["affinity"]
    (near,) = affinity["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert near["topologyKey"] == "topology.example/rack"
    assert near["labelSelector"]["matchLabels"]["wingsctl/group"] == "0"
    (apart,) = affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert apart["podAffinityTerm"]["labelSelector"]["matchExpressions"] == [
        {"key": "wingsctl/group", "operator": "NotIn", "values": ["0"]}
    ]
    assert "nodeAffinity" in affinity
    preferred = sets(group("group"))["demo-0"]["template"]["spec"]["affinity"]["podAffinity"]
    assert list(preferred) == ["preferredDuringSchedulingIgnoredDuringExecution"]


def test_a_written_affinity_wins_over_the_charts(group):
    affinity = sets(group("group-extras"))["demo-0"]["template"]["spec"]["affinity"]
    (term,) = affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert term["weight"] == 1
    assert "podAffinity" in affinity


def test_gang_admission_by_kueue_and_volcano(group):
    for each in workloads(group("group-kueue")):
        assert each["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
        assert "schedulerName" not in each["spec"]["template"]["spec"]
    objects = group("group-volcano", "--set", "replicas=2")
    names = [each["metadata"]["name"] for each in objects if each["kind"] == "PodGroup"]
    assert names == ["demo-0", "demo-1"]
    spec = pick(objects, "PodGroup", "demo-1")["spec"]
    assert spec == {"minMember": 4, "queue": "gpu", "priorityClassName": "serving"}
    assert not [each for each in group("group") if each["kind"] == "PodGroup"]


def test_one_budget_holds_for_all_groups(group):
    spec = pick(group("deepseek-fixed"), "PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "wingsctl/group" not in spec["selector"]["matchLabels"]


def test_headless_services_have_their_places(group):
    objects = group("group")
    for name in ("demo-peers", "demo-leaders"):
        assert pick(objects, "Service", name)["spec"]["clusterIP"] == "None"
    assert pick(objects, "Service", "demo")["spec"]["ports"] == [
        {"name": "http", "port": 9000, "targetPort": "http"}
    ]


@pytest.mark.parametrize("helm", [HELM_4], indirect=True)  # 3.17 wants a cluster for a dry run
def test_notes_say_what_to_watch(helm, charts):
    options = ("install", "demo", charts["group-host"], "--dry-run=client")
    done = helm.run(*options, "--set", "replicas=9")
    assert done.returncode == 0, done.stderr
    assert "shutdown.turnSeconds" in done.stdout
