"""The front door in the charts: who asks it, whom it asks, and what KEDA is told."""

from __future__ import annotations

import pytest

from tests.support.helm import doors_of, is_of_door, pick, workloads
from tests.support.umbrella import Umbrella

pytestmark = pytest.mark.slow
OPEN = ("front-door", "front-door-fixed", "front-door-open", "quiet", "deepseek-r1", "group-door")
DEMAND = {
    "url": "http://demo-demand.llm.svc:9001/demand",
    "valueLocation": "demand",
    "aggregateFromKubeServiceEndpoints": "true",
    "aggregationType": "sum",
}


@pytest.fixture
def chart(helm, charts):
    """Objects of a chart by its name, with further helm arguments."""
    return lambda name, *arguments, **more: helm.template(charts[name], *arguments, **more)


def door_of(objects):
    (door,) = doors_of(objects)
    return door["spec"]


def env_of(objects):
    (container,) = door_of(objects)["template"]["spec"]["containers"]
    return {each["name"]: each.get("value") for each in container["env"]}


def selector(objects, name):
    return pick(objects, "Service", name)["spec"]["selector"]["app.kubernetes.io/component"]


@pytest.mark.parametrize("name", OPEN)
def test_clients_ask_the_door_and_the_door_asks_ready_pods(chart, name):
    objects = chart(name)
    client = "chat-api" if name == "front-door-fixed" else "demo"
    assert selector(objects, client) == "front-door"
    spec = pick(objects, "Service", client)["spec"]
    assert "publishNotReadyAddresses" not in spec
    backends = env_of(objects)["WINGS_BACKENDS"]
    is_group = name in ("deepseek-r1", "group-door")
    service = "demo-leaders" if is_group else "demo-ready"
    assert backends == f"{service}.$(POD_NAMESPACE).svc:9000"
    assert selector(objects, service) == "engine"


@pytest.mark.parametrize("name", ["scaled-prometheus", "scaled-http", "chat", "llama-small"])
def test_without_a_door_nothing_is_there_of_it(chart, charts, name):
    assert not [each for each in chart(name) if is_of_door(each)]
    assert "frontDoor" not in (charts[name] / "values.yaml").read_text()


def test_zero_has_a_door_whatever_wakes_it(chart):
    for name in ("scaled-cron", "scaled-queue", "batch", "group-scaled-roles"):
        objects = chart(name)
        assert door_of(objects)["replicas"] == 2
        assert not [t for t in triggers(objects) if t["type"] == "metrics-api"]


def triggers(objects):
    scaled = [each for each in objects if each["kind"] == "ScaledObject"]
    return [trigger for each in scaled for trigger in each["spec"]["triggers"]]


def test_its_demand_is_the_default_trigger_of_pods(chart):
    (trigger,) = triggers(chart("quiet"))
    assert trigger == {"type": "metrics-api", "metadata": {**DEMAND, "targetValue": "16"}}
    (trigger,) = triggers(chart("front-door-open"))
    assert trigger["metadata"] == {**DEMAND, "targetValue": "4"}


def test_its_demand_starts_group_i_above_i_times_the_target(chart):
    found = triggers(chart("deepseek-r1"))
    assert [each["metadata"].get("activationTargetValue") for each in found] == [None, "16", "32"]
    assert all(DEMAND.items() <= each["metadata"].items() for each in found)
    one = "autoscaling.triggers[0]"
    found = triggers(chart(
        "deepseek-r1", "--set", f"{one}.type=metrics-api", "--set", f"{one}.preset=front-door",
        "--set-string", f"{one}.metadata.targetValue=32",
    ))  # fmt: skip
    assert [each["metadata"].get("activationTargetValue") for each in found] == [None, "32", "64"]


def test_the_url_follows_release_and_namespace(chart):
    (trigger,) = triggers(chart("quiet", "--set", "service.name=x", release="my.release"))
    assert trigger["metadata"]["url"] == "http://my-release-demand.llm.svc:9001/demand"


def test_policies_let_clients_to_the_door_the_door_to_pods_and_keda_to_the_demand(chart):
    objects = chart("front-door-open")
    door, pods = (pick(objects, "NetworkPolicy", name)["spec"] for name in ("demo-door", "demo"))
    clients, scalers = door["ingress"]
    assert clients["from"] == [
        {"podSelector": {"matchLabels": {"app": "chat"}}},
        {"podSelector": {"matchLabels": {
            "app.kubernetes.io/instance": "demo", "app.kubernetes.io/component": "test"}}},
    ]  # fmt: skip
    assert scalers == {
        "ports": [{"port": "cluster"}],
        "from": [{"namespaceSelector": {"matchLabels": {"team": "scaling"}}}],
    }
    (peer,) = pods["ingress"][0]["from"]
    assert peer == {"podSelector": {"matchLabels": door["podSelector"]["matchLabels"]}}
    assert pods["ingress"][0]["ports"] == [{"port": "http"}]


def test_by_default_keda_is_in_the_namespace_keda(chart):
    objects = chart("quiet")
    clients, scalers = pick(objects, "NetworkPolicy", "demo-door")["spec"]["ingress"]
    assert clients == {"ports": [{"port": "http"}]}
    keda = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}
    assert scalers["from"] == [keda]


def test_nothing_reads_a_demand_that_scales_nothing(chart):
    objects = chart("front-door-fixed")
    policy = pick(objects, "NetworkPolicy", "demo-door")["spec"]
    assert [rule["ports"] for rule in policy["ingress"]] == [[{"port": "http"}]]
    names = {each["metadata"]["name"] for each in objects if each["kind"] == "Service"}
    assert names == {"chat-api", "demo-ready"}
    (pods,) = workloads(objects)
    assert pods["spec"]["replicas"] == 1


def test_what_a_profile_says_of_the_door_is_there(chart):
    objects = chart("front-door")
    env, spec = env_of(objects), door_of(objects)
    assert spec["replicas"] == 3
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = spec["template"]["spec"]
    assert pod["nodeSelector"] == {"pool": "cpu"}
    assert spec["template"]["metadata"]["annotations"] == {"note": "{{ a }}"}
    (container,) = pod["containers"]
    assert container["resources"]["limits"]["memory"] == "2Gi"
    assert not [name for name in container["resources"]["limits"] if "/" in name]
    assert (env["WINGS_HOLD_SECONDS"], env["WINGS_MAX_WAITING"]) == ("1800", "1000000")
    assert env["WINGS_MODEL_NAMES"] == "qwen costs-$$5"
    # Its own word, the gateway's else; the queue of a pod is none of its business.
    assert (env["SHARED"], env["LEVEL"], env["WINGS_MAX_IN_FLIGHT"]) == ("door", "3", "64")
    assert "WINGS_MAX_WAIT_SECONDS" not in env
    assert (env["WINGS_BACKENDS_CA_FILE"], env["WINGS_API_KEYS_FILE"]) == (
        "/wings-tls/tls.crt", "/wings-auth/keys",
    )  # fmt: skip
    assert container["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert pick(objects, "PodMonitor", "demo-door")


def test_it_ends_after_all_that_it_waits_for(each_chart):
    def check(chart):
        for door in doors_of(chart.objects):
            pod = door["spec"]["template"]["spec"]
            env = {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}
            end = int(env["WINGS_DRAIN_DELAY_SECONDS"]) + int(env["WINGS_DRAIN_SECONDS"])
            if pod["terminationGracePeriodSeconds"] < end + 5:
                yield f"grace {pod['terminationGracePeriodSeconds']}, end {end}"
            if int(env["WINGS_HOLD_SECONDS"]) <= chart.plan.time.cold_start:
                yield "holds for less than a cold start"
            for each in chart.objects:
                if each["kind"] == "ScaledObject" and "demo-demand" in str(each["spec"]):
                    poll = each["spec"]["pollingInterval"]
                    if each["spec"]["cooldownPeriod"] <= end + poll:
                        yield "cooldown"

    each_chart(check)


def test_its_pods_spread_over_nodes_unless_told_otherwise(chart):
    pod = door_of(chart("quiet"))["template"]["spec"]
    (rule,) = pod["topologySpreadConstraints"]
    assert (rule["topologyKey"], rule["maxSkew"]) == ("kubernetes.io/hostname", 1)
    assert (
        rule["labelSelector"]["matchLabels"] == door_of(chart("quiet"))["selector"]["matchLabels"]
    )
    other = 'frontDoor.pod.topologySpreadConstraints=[{"topologyKey": "zone"}]'
    pod = door_of(chart("quiet", "--set-json", other))["template"]["spec"]
    assert pod["topologySpreadConstraints"] == [{"topologyKey": "zone"}]


def test_one_of_its_pods_is_evicted_at_a_time(chart):
    spec = pick(chart("deepseek-r1"), "PodDisruptionBudget", "demo-door")["spec"]
    assert (spec["maxUnavailable"], spec["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_on_the_nodes_network_it_asks_the_port_of_the_one_group(chart):
    assert env_of(chart("group-host-door"))["WINGS_BACKENDS"].endswith(".svc:20000")


def test_helm_test_waits_for_a_start(chart):
    (check,) = pick(chart("quiet"), "Pod")["spec"]["containers"]
    assert {"name": "TIMEOUT_SECONDS", "value": "900"} in check["env"]


REFUSED = [
    ("quiet", "frontDoor.replicas=0"),
    ("quiet", "frontDoor.enabled=false"),
    ("quiet", "frontDoor.env.WINGS_MODE=pod"),
    ("quiet", "gateway.env.WINGS_BACKENDS=x"),
    ("chat", "frontDoor.replicas=2"),
    ("llama-chat", "autoscaling.triggers[0].preset=front-door"),
    ("front-door-fixed", "networkPolicy.scalers[0].podSelector.matchLabels.a=b"),
]


def test_values_that_mean_nothing_are_refused(helm, charts, tmp_path):
    rows = {f"{name}: {setting}": (charts[name], ["--set", setting]) for name, setting in REFUSED}
    assert set(Umbrella(tmp_path, rows).refusals(helm)) == set(rows)


@pytest.fixture
def notes_of(helm4, charts):  # helm 3 prints notes only with a cluster
    """The notes of a chart by its name, with further helm arguments."""

    def notes(name, *arguments):
        done = helm4.run("install", "demo", charts[name], "--dry-run=client", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.split("NOTES:")[1]

    return notes


@pytest.mark.parametrize("name", ["quiet", "deepseek-r1", "front-door-fixed"])
def test_notes_say_how_long_it_holds(notes_of, name):
    notes = notes_of(name)
    assert "While nothing is ready it holds them for up to" in notes
    assert "component=front-door" in notes
    assert "Whoever asks at zero is refused" not in notes
    assert "autoscaling.cooldownSeconds is not above" not in notes


def test_notes_warn_of_a_cooldown_that_is_over_before_the_door_has_ended(notes_of):
    notes = notes_of("quiet", "--set", "frontDoor.drainSeconds=3600")
    assert "WARNING: autoscaling.cooldownSeconds is not above the 3620 s" in notes


def test_switching_it_on_keeps_the_client_service(chart):
    """Only the selector differs: name, ports and type, and so the address, stay."""
    before, after = (pick(chart(name), "Service", service) for name, service in (
        ("ingress", "chat-api"), ("front-door-fixed", "chat-api"),
    ))  # fmt: skip
    for each in (before, after):
        each["spec"].pop("publishNotReadyAddresses", None)
        each["spec"].pop("selector")
    assert before["spec"] == after["spec"]
