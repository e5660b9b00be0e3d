"""What charts give KEDA: pods one by one, groups as a whole, and never a number of helm's."""

from __future__ import annotations

import pytest

from tests.support.helm import pick, workloads
from tests.support.profiles import LONGEST_RELEASE, autoscaling, make_profile, write_profile
from tests.support.umbrella import Umbrella

pytestmark = pytest.mark.slow
GROUPS = ("group-scaled", "group-scaled-roles", "group-scaled-http", "batch")


@pytest.fixture
def chart(helm, charts):
    """Objects of a chart by its name, with further helm arguments."""
    return lambda name, *arguments, **more: helm.template(charts[name], *arguments, **more)


def scalers(objects):
    return {
        each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "ScaledObject"
    }


def triggers(objects):
    """Name of the ScaledObject -> its triggers' metadata."""
    return {name: [t["metadata"] for t in s["triggers"]] for name, s in scalers(objects).items()}


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_has_no_pod_or_all(chart, name):
    objects = chart(name)
    sizes = {"group-scaled-roles": {"leader": 1, "worker": 2}}.get(name, {})
    for scaled, spec in scalers(objects).items():
        size = sizes.get(scaled.rsplit("-", 1)[-1], 2)
        numbers = [spec[key] for key in ("idleReplicaCount", "minReplicaCount", "maxReplicaCount")]
        assert numbers == [0, size, size]
        assert spec["initialCooldownPeriod"] == 0
        assert spec["scaleTargetRef"]["kind"] == "StatefulSet"
        assert spec["scaleTargetRef"]["name"] == scaled
        assert spec["scaleTargetRef"]["envSourceContainerName"] == "wings-infer"


def test_groups_that_always_run_are_left_alone(chart):
    objects = chart("group-scaled")
    numbers = {
        each["metadata"]["name"]: each["spec"].get("replicas") for each in workloads(objects)
    }
    assert numbers == {"demo-0": 2, "demo-1": None, "demo-2": None, "demo-3": None}
    assert list(scalers(objects)) == ["demo-1", "demo-2", "demo-3"]
    marks = [each["metadata"].get("annotations", {}).get("wingsctl/replicas")
             for each in workloads(objects)]  # fmt: skip
    assert marks == [None, "omitted", "omitted", "omitted"]


def test_group_i_starts_above_i_times_what_one_takes(chart):
    found = triggers(chart("group-scaled"))
    assert [each[0]["activationListLength"] for each in found.values()] == ["5", "10", "15"]
    assert [each[1]["activationThreshold"] for each in found.values()] == ["0.1", "0.2", "0.3"]
    assert "query" in found["demo-1"][1]
    (first, *_) = triggers(chart("batch")).values()
    assert "activationValue" not in first[0]


def test_the_numbers_follow_the_values(chart):
    many = ("--set", "autoscaling.max=12", "--set", "autoscaling.min=0")
    one = "autoscaling.triggers[0]."
    large = ("--set", f"{one}type=redis", "--set-string", f"{one}metadata.listLength=2000000",
             "--set", f"{one}metadata.address=r", "--set", f"{one}metadata.listName=l")  # fmt: skip
    found = triggers(chart("group-scaled", *many, *large))
    assert list(found) == [f"demo-{number}" for number in range(12)]
    assert "activationListLength" not in found["demo-0"][0]
    assert found["demo-11"][0]["activationListLength"] == "22000000"
    assert all("replicas" not in each["spec"] for each in workloads(chart("group-scaled", *many)))


def test_a_cron_starts_as_many_groups_as_it_wants(chart):
    found = scalers(chart("group-scaled"))
    kinds = {name: [each["type"] for each in spec["triggers"]] for name, spec in found.items()}
    assert kinds == {
        "demo-1": ["redis", "prometheus", "cron"],
        "demo-2": ["redis", "prometheus"],
        "demo-3": ["redis", "prometheus"],
    }
    assert found["demo-1"]["triggers"][2]["metadata"]["desiredReplicas"] == "2"


def test_a_fallback_starts_the_groups_below_its_number(chart):
    found = {name: spec.get("fallback") for name, spec in scalers(chart("group-scaled")).items()}
    assert found == {
        "demo-1": {"failureThreshold": 3, "replicas": 2},
        "demo-2": None,
        "demo-3": None,
    }


def test_both_sets_of_a_group_have_the_same_triggers(chart):
    found = scalers(chart("group-scaled-roles"))
    assert list(found) == ["demo-0-leader", "demo-0-worker", "demo-1-leader", "demo-1-worker"]
    for group in "01":
        leader, worker = (found[f"demo-{group}-{role}"] for role in ("leader", "worker"))
        for key in ("triggers", "advanced", "pollingInterval", "cooldownPeriod"):
            assert leader[key] == worker[key]
    modifiers = [each["advanced"]["scalingModifiers"] for each in found.values()]
    assert [each["activationTarget"] for each in modifiers] == ["0", "0", "2.5", "2.5"]
    assert {each["target"] for each in modifiers} == {"2.5"}
    assert "activationListLength" not in found["demo-1-leader"]["triggers"][0]["metadata"]


def test_the_add_on_wakes_the_first_group_and_counts_for_the_others(chart):
    objects = chart("group-scaled-http")
    found = scalers(objects)
    assert [each["triggers"][0]["type"] for each in found.values()] == [
        "external-push", "external", "external",
    ]  # fmt: skip
    assert "advanced" not in found["demo-0"]
    assert found["demo-2"]["advanced"]["scalingModifiers"] == {
        "formula": "http", "target": "16", "activationTarget": "32",
    }  # fmt: skip
    route = pick(objects, "InterceptorRoute")
    assert route["spec"]["rules"] == [{"hosts": ["chat.example", "b.example"]}]
    assert route["spec"]["scalingMetric"] == {"requestRate": {"targetValue": 16, "window": "1m"}}
    metadata = found["demo-1"]["triggers"][0]["metadata"]
    assert metadata["interceptorRoute"] == route["metadata"]["name"]


def test_the_add_on_before_one_pod_after_another(chart):
    objects = chart("scaled-http")
    (trigger,) = pick(objects, "ScaledObject")["spec"]["triggers"]
    assert trigger == {
        "type": "external-push",
        "name": "http",
        "metadata": {
            "scalerAddress": "keda-add-ons-http-external-scaler.keda:9090",
            "interceptorRoute": "demo",
        },
    }
    route = pick(objects, "InterceptorRoute")["spec"]
    assert route["target"] == {"service": "chat-api", "portName": "http"}
    assert "publishNotReadyAddresses" not in pick(objects, "Service")["spec"]


def test_secrets_are_referred_to(chart):
    objects = chart("scaled-queue")
    authentication = pick(objects, "TriggerAuthentication")
    assert authentication["spec"] == {
        "secretTargetRef": [{"parameter": "password", "name": "trigger-secret", "key": "a"}]
    }
    scaled = pick(objects, "ScaledObject")
    assert scaled["spec"]["triggers"][0]["authenticationRef"] == {
        "name": authentication["metadata"]["name"]
    }
    assert scaled["metadata"]["annotations"] == {"autoscaling.keda.sh/paused-scale-in": "true"}
    assert scaled["spec"]["initialCooldownPeriod"] == 60
    assert scaled["spec"]["fallback"]["behavior"] == "currentReplicasIfHigher"


KAFKA = {
    "bootstrapServers": "kafka.queues.svc:9092", "consumerGroup": "workers", "topic": "jobs",
    "lagThreshold": "5", "sasl": "plaintext",
}  # fmt: skip


def test_the_lag_of_a_kafka_group_with_a_password(wingsctl, helm, tmp_path):
    parts = ("username", "password")
    secret = [{"parameter": each, "name": "kafka", "key": each} for each in parts]
    trigger = {"type": "kafka", "metadata": KAFKA, "authentication": {"secretTargetRef": secret}}
    profile = make_profile(autoscaling=autoscaling(trigger, min=0), frontDoor=False)
    assert wingsctl("render", write_profile(tmp_path, profile), "--output-dir", tmp_path).code == 0
    objects = helm.template(tmp_path / "demo")
    authentication = pick(objects, "TriggerAuthentication")
    assert authentication["spec"] == {"secretTargetRef": secret}
    assert pick(objects, "ScaledObject")["spec"]["triggers"] == [{
        "type": "kafka", "metadata": KAFKA,
        "authenticationRef": {"name": authentication["metadata"]["name"]},
    }]  # fmt: skip


def test_a_formula_and_an_unknown_trigger(chart):
    spec = pick(chart("scaled-formula"), "ScaledObject")["spec"]
    assert spec["advanced"] == {
        "scalingModifiers": {"formula": "waiting + lag", "target": "4", "activationTarget": "1"}
    }
    assert spec["triggers"][1] == {
        "type": "nats-jetstream", "name": "lag", "metadata": {"any": "$G"},
    }  # fmt: skip


def test_presets_ask_about_this_release_only(chart):
    spec = pick(chart("scaled-presets"), "ScaledObject")["spec"]
    queries = [each["metadata"]["query"] for each in spec["triggers"]]
    ours = '{namespace="llm",pod=~"demo-[a-z0-9]+-[a-z0-9]{5}"}'
    exported = ours.replace("namespace=", "exported_namespace=").replace("pod=", "exported_pod=")
    first = f"rate(vllm:time_to_first_token_seconds_bucket{ours}[2m])"
    gpus = f"DCGM_FI_DEV_GPU_UTIL{ours} or DCGM_FI_DEV_GPU_UTIL{exported}"
    assert queries[1:] == [
        f"(sum(vllm:num_requests_waiting{ours}) or vector(0))",
        f"histogram_quantile(0.95, sum by (le) ({first})) or vector(0)",
        f"avg({gpus}) or vector(0)",
    ]
    assert [each.get("metricType") for each in spec["triggers"]] == [None, None, "Value", "Value"]
    assert not [each for each in spec["triggers"] if "preset" in each]


def test_queries_of_groups_ask_their_leaders(chart):
    found = triggers(chart("group-scaled"))
    assert 'pod=~"demo-[0-9]+-0"' in found["demo-1"][1]["query"]


@pytest.mark.parametrize("name", ["scaled-queue", "group-scaled", "group-scaled-roles"])
def test_names_fit_behind_the_prefix_of_keda(chart, name):
    # Eleven groups: the last has two digits, as the hundredth has.
    many = ("--set", "autoscaling.max=11") if name.startswith("group") else ()
    for scaled in scalers(chart(name, *many, release=LONGEST_RELEASE)):
        assert len(f"keda-hpa-{scaled}") <= 63


REFUSED = [
    ("group-scaled", "autoscaling.max=101"),
    ("group-scaled", "autoscaling.initialCooldownSeconds=60"),
    ("group-scaled", "autoscaling.behavior.scaleDown.selectPolicy=Disabled"),
    ("group-scaled", "autoscaling.triggers[0].type=kafka"),
    ("group-scaled", "replicas=2"),
    ("scaled-queue", "autoscaling.triggers[0].type=http"),
    ("scaled-queue", "autoscaling.triggers[0].unchecked=true"),
]


def test_values_that_the_chart_cannot_do_are_refused(helm, charts, tmp_path):
    rows = {f"{name}: {setting}": (charts[name], ["--set", setting]) for name, setting in REFUSED}
    assert set(Umbrella(tmp_path, rows).refusals(helm)) == set(rows)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("scaled-closed", "Whoever asks at zero is refused"),
        ("batch", "The front door takes all requests"),
        ("scaled-http", "Clients ask the proxy of KEDA's http add-on"),
        ("llama-chat", "scales it from 1 to 5"),
    ],
)
def test_notes_name_what_keda_needs(helm4, charts, name, line):
    # helm 3 prints notes only with a cluster
    done = helm4.run("install", "demo", charts[name], "--dry-run=client")
    assert done.returncode == 0, done.stderr
    notes = done.stdout.split("NOTES:")[1]
    assert line in notes
    assert "get scaledobject,hpa -l app.kubernetes.io/instance=demo" in notes
    assert "WARNING: this cluster does not know ScaledObject. Install KEDA." in notes
    assert ("Whoever asks at zero" in notes) == (name == "scaled-closed")
