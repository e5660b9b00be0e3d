"""The pods of a rendered group against the contract: what it needs is there, under its names."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.helm import HelmBinary, containers, expand, role_argv, workloads

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "docs" / "reference" / "sidecar-contract.md"
LOAD = """
import json, sys
from wings_infer.settings import load_settings
for pod, environment, arguments in json.load(sys.stdin):
    print(pod, load_settings(environment, tuple(arguments)).cluster_port)
"""
ALWAYS = {
    "LWS_GROUP_SIZE", "LWS_WORKER_INDEX", "LWS_LEADER_ADDRESS", "WINGS_WORKER_ADDRESS",
    "WINGS_GROUP", "POD_UID",
}  # fmt: skip
ROW = re.compile(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", re.M)


def who_is_who() -> set[str]:
    """The variables by which, says the contract, a pod knows its place; times have defaults."""
    text = CONTRACT.read_text(encoding="utf-8")
    section = text.split("\n## Groups\n")[1].split("\n## ")[0]
    names = {name for row in ROW.findall(section) for name in re.findall(r"[A-Z_]+", row)}
    return {name for name in names if not name.endswith("_SECONDS")}


@pytest.fixture(params=["group", "group-split", "group-host"])
def objects(request, charts: dict[str, Path], helm3: HelmBinary):
    return helm3.template(charts[request.param])


def environment(container, index: int) -> dict[str, str]:
    """What the container of pod `index` sees in namespace `llm`."""
    fields = {
        "metadata.namespace": "llm", "metadata.uid": f"uid-{index}", "metadata.name": f"p-{index}",
        "status.podIP": f"10.0.0.{index}", "spec.nodeName": f"node-{index}",
        "metadata.labels['apps.kubernetes.io/pod-index']": str(index),
        "metadata.labels['controller-revision-hash']": "r-1",
    }  # fmt: skip
    seen: dict[str, str] = {}
    for entry in container["env"]:
        path = entry.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
        seen[entry["name"]] = fields[path] if path else expand(entry["value"], seen)
    return seen


def test_every_variable_of_the_contract_is_there(objects) -> None:
    named = who_is_who()
    assert named >= ALWAYS
    env = environment(containers(objects)["wings-infer"], 0)
    # Two sets have two revisions: only the hash of the values is the same in both.
    is_split = "leader" in workloads(objects)[0]["metadata"]["name"]
    assert named - env.keys() == ({"WINGS_REVISION"} if is_split else set())


def test_members_of_a_group_agree_on_who_they_are(objects) -> None:
    by_group: dict[str, list[dict[str, str]]] = {}
    for each in workloads(objects):
        start, count = each["spec"]["ordinals"]["start"], each["spec"]["replicas"]
        name = each["metadata"]["name"]
        for index in range(start, start + count):
            env = environment(containers(objects, name)["wings-infer"], index)
            by_group.setdefault(env["WINGS_GROUP"], []).append({**env, "OWN": f"{name}-{index}"})
    for number, (group, members) in enumerate(sorted(by_group.items())):
        size = int(members[0]["LWS_GROUP_SIZE"])
        assert [int(env["LWS_WORKER_INDEX"]) for env in members] == list(range(size))
        for key in ("LWS_LEADER_ADDRESS", "WINGS_WORKER_ADDRESS", "WINGS_TEMPLATE", "WINGS_PORT"):
            assert len({env[key] for env in members}) == 1, (group, key)
        leader, *workers = members
        assert leader["LWS_LEADER_ADDRESS"] == f"{leader['OWN']}.demo-peers.llm.svc"
        for env in workers:
            address = leader["WINGS_WORKER_ADDRESS"].replace("{index}", env["LWS_WORKER_INDEX"])
            assert address == f"{env['OWN']}.demo-peers.llm.svc"
        lower = leader["WINGS_LOWER_LEADERS"].split()
        first = [sorted(by_group.items())[n][1][0] for n in range(number)]
        wanted = [f"{e['LWS_LEADER_ADDRESS']}:{e['WINGS_CLUSTER_PORT']}" for e in first]
        assert lower == wanted


def test_the_engine_container_gets_what_its_script_needs(objects) -> None:
    for each in workloads(objects):
        name = each["metadata"]["name"]
        (engine,) = (c for n, c in containers(objects, name).items() if n != "wings-infer")
        gateway = environment(containers(objects, name)["wings-infer"], 1)
        env = environment(engine, 1)
        shared = ("LWS_GROUP_SIZE", "LWS_WORKER_INDEX", "LWS_LEADER_ADDRESS", "POD_IP")
        assert [env[key] for key in shared] == [gateway[key] for key in shared]
        parts = ("TURN", "DRAIN_DELAY", "DRAIN", "STOP")
        assert int(env["WINGS_GRACE_SECONDS"]) == sum(
            int(gateway[f"WINGS_{part}_SECONDS"]) for part in parts
        )
        assert "WINGS_MAX_FAILURES" not in env


def test_the_gateway_takes_what_each_pod_is_given(objects) -> None:
    """One process reads the settings of all pods; it ends with the first that it refuses."""
    given = []
    for each in workloads(objects):
        name = each["metadata"]["name"]
        gateway = containers(objects, name)["wings-infer"]
        for index in (0, 1):
            env = environment(gateway, index)
            given.append([f"{name}-{index}", env, [expand(word, env) for word in gateway["args"]]])
    done = subprocess.run(
        [sys.executable, "-c", LOAD], input=json.dumps(given), text=True, capture_output=True,
        check=False, env={"PYTHONPATH": str(ROOT / "sidecar")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    ports = [f"{pod} {env['WINGS_CLUSTER_PORT']}" for pod, env, _ in given]
    assert done.stdout.splitlines() == ports


def test_both_roles_have_a_command(objects) -> None:
    for each in workloads(objects):
        roles = role_argv(objects, each["metadata"]["name"])
        assert all("$(LWS_WORKER_INDEX)" in tokens for tokens in roles.values())
