"""Every value has a source, the Pod Security level its reason, and an environment its layers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.plans import messages, plan_of, shipped
from tests.support.rows import check_rows
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.chart.values import build_values
from wingsctl.plan.model import ProfileFiles
from wingsctl.plan.resolve import resolve_plan

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.wings.yaml"))


def leaves(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of all values that say something."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif value not in ("", []):
        yield path


def test_every_value_of_a_chart_comes_from_a_decision():
    check_rows(EXAMPLES, unexplained, lambda path: path.name)


def unexplained(path: Path) -> Iterator[str]:
    document = parse_yaml(path.read_text("utf-8"), path.name)
    plan, _ = resolve_plan(parse_document(document, Profile), document, shipped(), ProfileFiles())
    assert plan is not None
    decided = {each.key for each in plan.decisions}
    for leaf in leaves(build_values(plan)):
        key = ".".join(leaf)
        above = {".".join(leaf[:length]) for length in range(1, len(leaf) + 1)}
        if not above & decided and not any(
            each.startswith((f"{key}.", f"{key}[")) for each in decided
        ):
            yield f"{key} comes from no decision"
    yield from (f"{each.key} has no source" for each in plan.decisions if not each.source.strip())


SOURCE = "model: {name: qwen2.5-7b-instruct, source: {%s}}"


@pytest.mark.parametrize(
    ("text", "level", "reason"),
    [
        ("", "restricted", "nothing in the pod needs more"),
        (SOURCE % "pvc: {claimName: a}", "restricted", "nothing"),
        (SOURCE % "image: {reference: a/b}", "restricted", "nothing"),
        (SOURCE % "huggingface: {}", "restricted", "nothing"),
        (SOURCE % "hostPath: {path: /a}", "privileged", "model.source.hostPath"),
        ("pod: {volumes: [{name: a, hostPath: {path: /a}}]}", "privileged", "pod.volumes"),
        ("pod: {hostNetwork: true}", "privileged", "the network of its node"),
        ("fabric: {hostNetwork: true}", "privileged", "the network of its node"),
        ("fabric: {capabilities: [IPC_LOCK]}", "privileged", "IPC_LOCK"),
        ("fabric: {networks: [a], env: {A: b}}", "restricted", "nothing"),
        ("pod: {securityContext: {runAsUser: 0}}", "baseline", "runs as root"),
        ("pod: {securityContext: {runAsNonRoot: false}}", "baseline", "runs as root"),
        ("pod: {securityContext: {runAsUser: 5000}}", "restricted", "nothing"),
    ],
)
def test_pod_security(text, level, reason):
    plan = plan_of(text)
    assert plan.pod_security == level
    assert reason in plan.pod_security_reason


def test_the_environment_in_its_layers():
    plan = plan_of("""\
model: {name: qwen2.5-7b-instruct, source: {modelscope: {}}}
engine:
  name: vllm
  env: {A: engine, HOME: /data, N: 1, ON: true, REF: {valueFrom: {fieldRef: {fieldPath: x}}}}
pod: {env: {A: pod, B: pod, NCCL: pod}}
fabric: {env: {NCCL: fabric, IFACE: eth0}}
""")
    found = {key: plan.engine.env[key] for key in ("A", "B", "NCCL", "IFACE", "HOME", "N", "ON")}
    assert found == {
        "A": "engine", "B": "pod", "NCCL": "pod", "IFACE": "eth0", "HOME": "/data", "N": 1,
        "ON": True,
    }  # fmt: skip
    assert plan.engine.env["VLLM_USE_MODELSCOPE"] == "True"
    assert plan.engine.env["REF"] == {"valueFrom": {"fieldRef": {"fieldPath": "x"}}}
    assert plan.gateway["env"] == {"A": "pod", "B": "pod", "NCCL": "pod"}


def test_expansion_is_asked_for_and_everything_else_is_literal():
    plan = plan_of("""\
engine: {name: vllm, env: {A: "$(POD_IP)", B: {expand: "$(POD_IP):80"}}}
gateway: {env: {C: {expand: "$(A)"}}}
""")
    assert plan.engine.env["A"] == "$(POD_IP)"
    assert plan.engine.env["B"] == {"expand": "$(POD_IP):80"}
    assert plan.gateway["env"]["C"] == {"expand": "$(A)"}


@pytest.mark.parametrize(
    ("image", "written", "expected"),
    [
        ("", "", ("wings-infer", "0.1.0", "")),
        ("registry.example:5000/a/b", "", ("registry.example:5000/a/b", "0.1.0", "")),
        ("a/b:c", "", ("a/b", "c", "")),
        ("a/b:c@sha256:" + "0" * 64, "", ("a/b", "c", "sha256:" + "0" * 64)),
        ("a/b:c", "gateway: {image: {repository: x/y}}", ("x/y", "c", "")),
    ],
)
def test_the_gateway_image(image, written, expected):
    text = (
        f"wingsctl: v1\nname: a\nmodel: opt-6.7b\nengine: vllm\naccelerator: nvidia-l4\n{written}"
    )
    document = parse_yaml(text, "f")
    plan, _ = resolve_plan(
        parse_document(document, Profile), document, shipped(), ProfileFiles(), image
    )
    assert plan is not None
    found = plan.gateway["image"]
    assert (found["repository"], found["tag"], found["digest"]) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ("10Gi", "20Gi")),
        ("{requests: {memory: 30Gi}}", ("30Gi", "30Gi")),
        ("{limits: {memory: 4Gi}}", ("4Gi", "4Gi")),
        ("{requests: {memory: 1Gi}, limits: {memory: 2Gi}}", ("1Gi", "2Gi")),
    ],
)
def test_a_default_never_contradicts_what_is_written(text, value):
    resources = f", resources: {text}" if text else ""
    plan = plan_of(f"model: qwen2.5-0.5b-instruct\nengine: {{name: vllm{resources}}}")
    found = plan.engine.resources
    if text:
        assert (found["requests"]["memory"], found["limits"]["memory"]) == value
    assert found["requests"]["nvidia.com/gpu"] == found["limits"]["nvidia.com/gpu"] == 1


@pytest.mark.parametrize(
    ("triggers", "refused"),
    [
        ("[{type: cpu, metadata: {value: '1'}}]", True),
        ("[{type: memory, metadata: {value: '1'}}]", True),
        ("[{type: prometheus, metadata: {serverAddress: a, threshold: '1'}}]", True),
        (
            "[{type: prometheus, metadata: {serverAddress: a, threshold: '1', query: 'vllm:x'}}]",
            True,
        ),
        ("[{type: prometheus, metadata: {serverAddress: a, threshold: '1', query: gw}}]", False),
        ("[{type: cron, metadata: {start: a}}]", False),
        ("[{type: cpu, metadata: {value: '1'}}, {type: kafka, metadata: {topic: a}}]", False),
        ("[]", False),
    ],
)
def test_what_can_wake_from_zero(triggers, refused):
    found = messages(f"autoscaling: {{min: 0, max: 2, triggers: {triggers}}}")
    assert any("never starts again" in each for each in found) == refused
