"""`wingsctl install --wait` that fails: the cluster's reasons stand below helm's message."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import ROOT, fake_helm, fake_kubectl

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"
IMAGE = ("--gateway-image", "registry.example/wings-infer:0.1.0")
OBJECTS, EVENTS = "get replicaset,statefulset,pod,persistentvolumeclaim", "get events"
READY = {"type": "Ready", "status": "True"}


def pod(name: str = "chat-1", **status: Any) -> dict[str, Any]:
    """A pod as the API server keeps it: a gateway and an engine."""
    containers = [
        {"name": "wings-infer", "image": "registry.example/wings-infer:0.1.0"},
        {"name": "vllm-engine", "image": "vllm/vllm-openai:v9",
         "resources": {"limits": {"memory": "20Gi"}}},
    ]  # fmt: skip
    spec = {"containers": containers}
    return {"kind": "Pod", "metadata": {"name": name}, "spec": spec, "status": status}


def state(name: str, **facts: Any) -> dict[str, Any]:
    return {"name": name, "state": {"running": {}}, **facts}


def items(*objects: dict[str, Any]) -> str:
    return json.dumps({"kind": "List", "items": objects})


def warning(kind: str, name: str, reason: str, message: str, time: str = "2026-01-01T00:00:00Z"):
    about = {"kind": kind, "name": name}
    metadata = {"name": f"{name}.{reason}".lower()}
    return {
        "metadata": metadata,
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "lastTimestamp": time,
    }


@pytest.fixture
def failed(tmp_path: Path, beside_fakes) -> Callable[..., str]:
    """What the person reads when helm gave up on this cluster."""

    def run(*arguments: str, objects: str = "", events: str = "", log: str = "", **options: str):
        helm = fake_helm(tmp_path / "bin", does="echo Error: context deadline exceeded >&2; exit 1")
        answers = {OBJECTS: objects, EVENTS: events, "logs ": log}
        known = {words: answer for words, answer in answers.items() if answer}
        fake_kubectl(tmp_path / "bin", known, **options)
        more = arguments or ("--wait",)
        done = beside_fakes(
            "install", MINIMAL,
            "--output-dir", tmp_path / "out", "--helm", helm.path, "-n", "llm", *IMAGE,
            *more,
        )  # fmt: skip
        assert done.code == 6, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if "--output" in more else done.stderr

    return run


def calls(tmp_path: Path) -> list[str]:
    noted = tmp_path / "bin" / "kubectl.calls"
    return noted.read_text().splitlines() if noted.exists() else []


PULL = {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "vllm/vllm-openai:v9"'}
NO_GPU = {
    "type": "PodScheduled", "status": "False", "reason": "Unschedulable",
    "message": "0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
}  # fmt: skip
OOM = {"exitCode": 137, "reason": "OOMKilled"}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}}


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        pytest.param(
            pod(containerStatuses=[state("vllm-engine", state={"waiting": PULL})]),
            "  pod chat-1, container vllm-engine: image vllm/vllm-openai:v9 cannot be had: "
            'ImagePullBackOff: Back-off pulling image "vllm/vllm-openai:v9"',
            id="image",
        ),
        pytest.param(
            pod(phase="Pending", conditions=[NO_GPU]),
            "  pod chat-1: no node takes it: 0/1 nodes are available: "
            "1 Insufficient nvidia.com/gpu.",
            id="unschedulable",
        ),
        pytest.param(
            pod(containerStatuses=[
                state("vllm-engine", state=BACK_OFF, lastState={"terminated": OOM})
            ]),
            "  pod chat-1, container vllm-engine: was killed: it needed more memory than its limit "
            "20Gi (OOMKilled)",
            id="memory",
        ),
        pytest.param(
            pod(containerStatuses=[
                state("wings-infer", state={"waiting": {
                    "reason": "CreateContainerConfigError", "message": 'secret "keys" not found'}})
            ]),
            "  pod chat-1, container wings-infer: CreateContainerConfigError: "
            'secret "keys" not found',
            id="secret",
        ),
        pytest.param(
            pod(phase="Failed", reason="Evicted", message="The node was low on resource: memory."),
            "  pod chat-1: Evicted: The node was low on resource: memory.",
            id="evicted",
        ),
        pytest.param(
            pod(containerStatuses=[state("wings-infer", state={"terminated": {
                "exitCode": 2, "reason": "Error"}})]),
            "  pod chat-1, container wings-infer: ended with code 2",
            id="exit code",
        ),
    ],
)  # fmt: skip
def test_each_reason_is_named(broken, line, failed):
    assert line in failed(objects=items(broken)).splitlines()


@pytest.mark.parametrize("conditions", [[READY], []], ids=["ready", "not ready"])
def test_the_worker_that_a_leader_names_is_quoted(conditions, failed, tmp_path):
    running = [state("wings-infer"), state("vllm-engine")]
    pods = [
        pod("chat-0-0", containerStatuses=running),
        pod("chat-0-1", containerStatuses=running, conditions=conditions),
        pod("chat-0-11", containerStatuses=running, conditions=[READY]),
    ]
    log = "generation ended: pod 1 (chat-0-1) ended with code 3"
    text = failed(objects=items(*pods), log=log)
    assert "  pod chat-0-1, container vllm-engine: is named above\n    | generation" in text
    assert "pod chat-0-11" not in text
    asked = [call for call in calls(tmp_path) if " logs " in f" {call}"]
    assert sum("chat-0-1 " in call for call in asked) == 2


def test_an_engine_that_does_not_start_is_quoted(failed, tmp_path):
    status = [state("wings-infer"), state("vllm-engine")]
    log = (
        '{"time": "2026-01-01T00:00:00Z", "kind": "event", "message": "the engine failed"}\n'
        "\x1b[31mRuntimeError: CUDA out of memory\x1b[0m\n\n"
        "a token: hf_AbCdEfGhIjKlMnOpQrStUvWx\n"
    )
    text = failed(objects=items(pod(containerStatuses=status)), log=log)
    assert "  pod chat-1, container vllm-engine: runs, but the pod is not ready\n" in text
    assert "    | RuntimeError: CUDA out of memory\n    | a token: ***\n" in text
    assert "    | 2026-01-01T00:00:00Z the engine failed\n" in text
    asked = [call for call in calls(tmp_path) if "logs" in call]
    assert any("-c wings-infer" in call for call in asked)
    assert all(call.startswith("-n llm --request-timeout=15s logs chat-1 ") for call in asked)


def fails_first(directory: Path, times: int) -> str:
    """For fake_kubectl: so many calls for a log end as those to a busy node do."""
    count = f"{directory}/logs"
    return (
        f'case "$*" in *" logs "*) echo >>{count}; [ $(wc -l <{count}) -gt {times} ] || '
        "{ echo Error from server: i/o timeout >&2; exit 1; };; esac"
    )


def test_a_node_that_does_not_answer_at_once_is_asked_again(failed, tmp_path):
    broken = items(pod(containerStatuses=[state("vllm-engine")]))
    log = "OSError: address already in use\n"
    text = failed(objects=broken, log=log, does=fails_first(tmp_path, 2))
    assert "is not ready\n    | OSError: address already in use\n  more: " in text


def test_a_log_that_cannot_be_read_does_not_look_empty(failed, tmp_path):
    both = items(pod(containerStatuses=[state("wings-infer"), state("vllm-engine")]))
    text = failed(objects=both, log="the gateway's\n", does=fails_first(tmp_path, 3))
    assert (
        "container wings-infer: runs, but the pod is not ready\n"
        "    | kubectl cannot read the log: Error from server: i/o timeout\n"
    ) in text
    assert "container vllm-engine: runs, but the pod is not ready\n    | the gateway's\n" in text


@pytest.mark.parametrize(
    "request_line",
    [
        '{"time":"2026-01-01T00:00:01.000Z","kind":"request","id":"a","method":"GET"}',
        "2026-01-01T00:00:01.000Z a GET / 503 0.0001s first=0.0001 in=0 out=9 complete=true",
    ],
)
def test_requests_do_not_push_the_reason_out(request_line, failed):
    log = "the engine printed: OSError: no model\n" + f"{request_line}\n" * 400
    text = failed(objects=items(pod(containerStatuses=[state("wings-infer")])), log=log)
    assert "is not ready\n    | the engine printed: OSError: no model\n  more: " in text


def test_a_container_that_was_started_again_is_quoted_from_before(failed, tmp_path):
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    status = [state("vllm-engine", state=BACK_OFF, lastState=ended)]
    text = failed(objects=items(pod(containerStatuses=status)), log="ValueError: no such model\n")
    assert "container vllm-engine: ended with code 1\n    | ValueError: no such model\n" in text
    assert "--previous" in calls(tmp_path)[-1]


def test_a_container_that_is_started_again_meanwhile_is_quoted_from_before(failed):
    ended = {"terminated": {"exitCode": 1, "reason": "Error"}}
    status = [state("vllm-engine", state=ended)]
    text = failed(
        objects=items(pod(containerStatuses=status)), log="ValueError: no such model\n",
        does='case "$*" in *--previous*) ;; *" logs "*) exit 0;; esac',
    )  # fmt: skip
    assert "container vllm-engine: ended with code 1\n    | ValueError: no such model\n" in text


def test_pods_that_may_not_be_made_are_explained_by_events(failed):
    lacking = {
        "kind": "ReplicaSet", "metadata": {"name": "chat-5d"}, "spec": {"replicas": 1},
        "status": {"replicas": 0},
    }  # fmt: skip
    fine = {**lacking, "metadata": {"name": "chat-4c"}, "status": {"replicas": 1}}
    warnings = [
        warning(
            "ReplicaSet", "chat-5d", "FailedCreate", "exceeded quota: new", "2026-01-02T00:00Z"
        ),
        warning("ReplicaSet", "chat-5d", "FailedCreate", "exceeded quota: old"),
        warning("ReplicaSet", "chat-4c", "FailedCreate", "over since long"),
        warning("ReplicaSet", "other-5d", "FailedCreate", "not ours"),
    ]
    text = failed(objects=items(lacking, fine), events=items(*warnings))
    assert "  ReplicaSet chat-5d: FailedCreate: exceeded quota: new\n" in text
    assert "old" not in text
    assert "over since long" not in text
    assert "not ours" not in text


def test_a_volume_that_cannot_be_mounted_is_explained_by_events(failed):
    status = [state("vllm-engine", state={"waiting": {"reason": "ContainerCreating"}})]
    warnings = [warning("Pod", "chat-1", "FailedMount", 'configmap "x" not found'),
            warning("Pod", "chat-1", "Unhealthy", "an echo")]  # fmt: skip
    text = failed(objects=items(pod(containerStatuses=status)), events=items(*warnings))
    assert '  Pod chat-1: FailedMount: configmap "x" not found\n' in text
    assert "an echo" not in text


def test_the_same_reason_is_told_once(failed):
    pods = [pod(name, phase="Pending", conditions=[NO_GPU]) for name in ("chat-1", "chat-2")]
    text = failed(objects=items(*pods))
    assert "  pod chat-1 and 1 more: no node takes it" in text
    assert text.count("no node takes it") == 1


def test_an_image_is_told_once_wherever_each_pod_is_in_its_attempts(failed):
    error = {"reason": "ErrImagePull", "message": "failed to resolve image: connection refused"}
    waiting = {"chat-1": error, "chat-2": PULL}
    pods = [
        pod(name, containerStatuses=[state("vllm-engine", state={"waiting": each})])
        for name, each in waiting.items()
    ]
    text = failed(objects=items(*pods))
    assert "  pod chat-1 and 1 more, container vllm-engine: image" in text
    assert text.count("cannot be had") == 1


def test_ready_and_leaving_pods_are_no_reason(failed):
    leaving = pod("chat-2", phase="Pending", conditions=[NO_GPU])
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    text = failed(objects=items(pod(conditions=[READY]), leaving))
    assert text.endswith("error: helm ended with status 1\n  its own message stands above\n")


def test_after_a_roll_back_only_events_are_left(failed, tmp_path):
    warnings = [warning("Pod", "chat-1-x", "Failed", 'Failed to pull image "a/b:c": not found'),
            warning("Pod", "chat-1-x", "Failed", "Error: ErrImagePull", "2027"),
            warning("Pod", "chatter-1-x", "Failed", "not ours")]  # fmt: skip
    text = failed("--rollback-on-failure", events=items(*warnings))
    assert '  Pod chat-1-x: Failed: Failed to pull image "a/b:c": not found\n' in text
    assert "ErrImagePull" not in text
    assert "not ours" not in text
    assert not any(OBJECTS in call for call in calls(tmp_path))


def test_the_way_to_more_is_shown(failed):
    broken = items(pod(phase="Pending", conditions=[NO_GPU]))
    text = failed("--wait", "--kube-context", "lab", objects=broken)
    assert text.splitlines()[-1] == (
        "  more: kubectl --context lab -n llm describe pod -l app.kubernetes.io/instance=chat"
    )


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"does": "echo the server does not answer >&2; exit 1"},
         "  kubectl does not answer: the server does not answer"),
        ({"objects": "not JSON"}, "  kubectl does not answer with a list of objects"),
        ({"objects": '{"items": 3}'}, "  kubectl does not answer with a list of objects"),
    ],
)  # fmt: skip
def test_a_cluster_that_does_not_answer_is_said(options, line, failed):
    assert line in failed(**options).splitlines()


def test_without_kubectl_the_commands_are_shown(beside_fakes, tmp_path):
    helm = fake_helm(tmp_path / "bin", does="exit 1")
    done = beside_fakes(
        "install", MINIMAL,
        "--output-dir", tmp_path / "out", "--helm", helm.path, "-n", "llm", "--wait",
        *IMAGE, PATH=str(tmp_path / "bin"),
    )  # fmt: skip
    assert done.code == 6
    assert "  kubectl is not on PATH; where it is, these tell why:\n" in done.stderr
    assert "  kubectl -n llm describe pod -l app.kubernetes.io/instance=chat\n" in done.stderr


@pytest.mark.parametrize("arguments", [["--dry-run", "server", "--wait"], ["--create-namespace"]])
def test_nobody_is_asked_where_helm_did_not_wait(arguments, failed, tmp_path):
    text = failed(*arguments, objects=items(pod(conditions=[NO_GPU])))
    assert text.endswith("its own message stands above\n")
    assert not calls(tmp_path)


def test_json_carries_the_reasons(failed):
    broken = pod(phase="Pending", conditions=[NO_GPU])
    envelope = json.loads(failed("--wait", "--output", "json", objects=items(broken)))
    assert "context deadline exceeded\npod chat-1: no node takes it" in envelope["error"]["hint"]
    assert envelope["error"]["exitCode"] == 6
