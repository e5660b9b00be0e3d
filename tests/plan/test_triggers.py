"""Triggers: what KEDA's own list of keys says, what is filled in, and what wakes whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.plans import messages, plan_of, shipped
from tests.support.rows import check_rows
from tests.support.tools import find_made
from wingsctl.catalog.trigger import TriggerProfile
from wingsctl.errors import ProfileError
from wingsctl.plan.triggers import ADD_ON, FROM_ENV

TYPES = sorted(name for name in shipped().names("triggers") if name != ADD_ON)


@pytest.fixture(scope="module")
def scalers() -> dict[str, list[dict[str, Any]]]:
    """The parameters of each scaler, as KEDA's release lists them."""
    listed = json.loads(find_made("keda-scalers.json").read_text(encoding="utf-8"))["scalers"]
    return {each["type"]: each.get("parameters", []) for each in listed}


def names_of(parameters: list[dict[str, Any]], property_: str) -> set[str]:
    return {each["name"] for each in parameters if each.get(property_)}


def facts_of(name: str) -> TriggerProfile:
    entry = shipped().trigger(name)
    assert entry is not None
    return entry.profile


def test_every_key_is_one_of_kedas(scalers):
    def check(name: str) -> Iterator[str]:
        facts, parameters = facts_of(name), scalers[name]
        plain = {key for key, field in facts.metadata.items() if not field.secret}
        from_env = {key for key, field in facts.metadata.items() if field.from_env}
        secret = names_of(parameters, "triggerAuthenticationVariableReadable") | {"bearerToken"}
        for keys, known, what in (
            (plain, names_of(parameters, "metadataVariableReadable"), "metadata"),
            (from_env, names_of(parameters, "envVariableReadable"), "variables"),
            (set(facts.authentication), secret, "authentication"),
        ):
            yield from (f"KEDA reads no {key} from {what}" for key in sorted(keys - known))

    check_rows(TYPES, check)


NOT_REQUIRED = {"pageSize", "operation", "protocol", "tls"}
"""KEDA's list does not say of all keys that they have a default."""


def test_everything_that_keda_requires_is_required(scalers):
    def check(name: str) -> Iterator[str]:
        facts, parameters = facts_of(name), scalers[name]
        open_ = names_of(parameters, "optional") | names_of(parameters, "default")
        required = {key for key, field in facts.metadata.items() if field.required}
        needed = {each["name"] for each in parameters} - open_ - NOT_REQUIRED
        missing = needed - required - set(facts.authentication)
        yield from (f"KEDA requires {key}" for key in sorted(missing))

    check_rows(TYPES, check)


def triggers_of(text: str) -> list[dict[str, Any]]:
    plan = plan_of(f"autoscaling: {text}")
    assert plan.autoscaling is not None
    found: list[dict[str, Any]] = plan.autoscaling.values["triggers"]
    return found


def test_what_is_filled_in():
    address = 'serverAddress: "http://p:9090"'
    cpu, demand, own, first = triggers_of(f"""
  min: 1
  max: 3
  triggers:
    - {{type: cpu, metadata: {{value: "80", containerName: vllm-engine}}}}
    - {{type: prometheus, metadata: {{{address}, threshold: "1"}}}}
    - {{type: prometheus, metadata: {{{address}, threshold: "1", query: up}}}}
    - {{type: prometheus, preset: ttft-p95, metadata: {{{address}, threshold: "1"}}}}""")
    assert cpu["metricType"] == "Utilization"
    assert (demand["preset"], "metricType" in demand) == ("demand", False)
    assert "preset" not in own
    assert first["metricType"] == "Value"
    assert not [each for each in (cpu, demand, own, first) if "unchecked" in each]


def test_the_add_on_gets_its_address():
    (http,) = triggers_of(
        '{min: 0, max: 3, triggers: [{type: http, metadata: {targetValue: "4", hosts: a}}]}'
    )
    assert http["metadata"]["scalerAddress"] == "keda-add-ons-http-external-scaler.keda:9090"


REDIS = "{type: redis, metadata: {address: r, listName: l, listLength: '5'}}"
PUSH = "{type: external-push, metadata: {scalerAddress: a}}"
ASKED = "{type: external, name: a, metadata: {scalerAddress: a}}"
HTTP = "{type: http, metadata: {targetValue: '4', hosts: a}}"
STREAM = "{address: r, stream: s, consumerGroup: g, pendingEntriesCount: '5', lagCount: '5'}"
DEMAND = "{type: prometheus, metadata: {serverAddress: p, threshold: '5'}}"
RATE = "{type: rabbitmq, metadata: {queueName: q, mode: MessageRate, value: '5', hostFromEnv: H}}"
ENDPOINTS = (
    "{type: metrics-api, metadata: {url: u, valueLocation: v, targetValue: '1', "
    "aggregateFromKubeServiceEndpoints: 'true'}}"
)
FORMULA = "scalingModifiers: {formula: a, target: '4'}"
ASLEEP = "never starts again"


@pytest.mark.parametrize(
    ("numbers", "trigger", "refused"),
    [
        ("min: 0, max: 3", REDIS, ""),
        ("min: 0, max: 1", PUSH, ""),
        ("min: 0, max: 2", PUSH, "starts all 2 groups at once"),
        (f"min: 0, max: 2, {FORMULA}", ASKED, ""),
        ("min: 0, max: 2", HTTP, ""),
        ("min: 0, max: 2", f"{{type: redis-streams, metadata: {STREAM}}}", ""),
        ("min: 1, max: 2", DEMAND, ""),
        ("min: 0, max: 2", DEMAND, ASLEEP),
        ("min: 0, max: 2", RATE, ASLEEP),
    ],
)
def test_what_can_start_groups(numbers, trigger, refused):
    found = messages(f"""\
nodes: 2
fabric: ethernet
autoscaling: {{{numbers}, triggers: [{trigger}]}}""")
    assert len(found) == bool(refused), found
    assert not refused or refused in found[0]


FALLBACK = "fallback: {failureThreshold: 1, replicas: 2"


@pytest.mark.parametrize(
    ("numbers", "trigger", "version"),
    [
        ("min: 0, max: 3", REDIS, "2.14.0"),
        (f"min: 1, max: 3, {FALLBACK}}}", REDIS, "2.14.0"),
        (f"min: 1, max: 3, {FALLBACK}, behavior: static}}", REDIS, "2.17.0"),
        (f"min: 0, max: 3, {FALLBACK}}}", REDIS, "2.19.0"),
        ("min: 0, max: 3", ENDPOINTS, "2.20.0"),
    ],
)
def test_the_oldest_keda(numbers, trigger, version):
    plan = plan_of(f"autoscaling: {{{numbers}, triggers: [{trigger}]}}")
    assert plan.autoscaling is not None
    assert plan.autoscaling.oldest_keda == version


def told_of_keda(version: str, numbers: str, trigger: str) -> list[str]:
    text = f"autoscaling: {{kedaVersion: {version}, {numbers}, triggers: [{trigger}]}}"
    return [each for each in messages(text) if "kedaVersion" in each]


@pytest.mark.parametrize("version", ['"2.19"', "2.19.0", "3.0.0"])
def test_a_keda_that_is_new_enough(version):
    assert told_of_keda(version, f"min: 0, max: 3, {FALLBACK}}}", REDIS) == []


def test_a_keda_that_is_too_old_is_told_what_it_lacks():
    told = told_of_keda("2.16.1", f"min: 0, max: 3, {FALLBACK}, behavior: static}}", ENDPOINTS)
    assert [each.partition("too old: ")[2] for each in told] == [
        "fallback.behavior needs KEDA 2.17.0",
        "a fallback that starts from zero needs KEDA 2.19.0",
        "metrics-api.aggregateFromKubeServiceEndpoints needs KEDA 2.20.0",
    ]


@pytest.mark.parametrize("version", ["2.20", "v2.20.0", '"2"', "latest", '""'])
def test_a_version_is_text_with_two_or_three_numbers(version):
    with pytest.raises(ProfileError) as caught:
        told_of_keda(version, "min: 0, max: 3", REDIS)
    assert [each.path for each in caught.value.problems] == ["autoscaling.kedaVersion"]


def test_a_key_from_a_variable_may_stand_for_it():
    assert FROM_ENV == "FromEnv"
    assert not messages("""\
autoscaling:
  min: 0
  max: 2
  triggers: [{type: redis, metadata: {addressFromEnv: A, passwordFromEnv: B, listName: l}}]""")


def test_groups_do_not_ask_a_source_twice():
    cron = '{type: cron, metadata: {timezone: UTC, start: a, end: b, desiredReplicas: "3"}}'
    told = triggers_of(f"""
  min: 0
  max: 3
  triggers: [{REDIS}, {cron}]
nodes: 2
fabric: ethernet""")
    assert [each.get("useCachedMetrics") for each in told] == [True, None]


def words(text: str) -> dict[str, str]:
    return {each.key: str(each.value) for each in plan_of(text).decisions}


def test_groups_in_words():
    told = words("""\
nodes: 2
fabric: ethernet
accelerator: {name: nvidia-l4, count: 4}
startup: {pullSeconds: 180}
autoscaling:
  min: 0
  max: 6
  cooldownSeconds: 1800
  triggers:
    - type: metrics-api
      metadata: {url: "http://door/demand", valueLocation: total, targetValue: "16"}""")
    assert told["autoscaling.idle"] == "0 groups when idle for 30 min"
    assert told["autoscaling.groups"] == "1st at the first, 2nd above 16, ..., 6th above 80"
    assert told["autoscaling.devices"] == "0 to 48"
    assert told["autoscaling.scaledObjects"] == "6"


def test_pods_in_words():
    told = {each.key: each for each in plan_of("""\
autoscaling:
  min: 1
  max: 4
  triggers:
    - {type: prometheus, metadata: {serverAddress: "http://p:9090", threshold: "10"}}
    - {type: cpu, metadata: {value: "80", containerName: vllm-engine}}""").decisions}  # fmt: skip
    assert told["autoscaling.idle"].value == "1 pod always"
    assert told["autoscaling.pods"].source == (
        "rule: one for each 10 requests waiting or running; so many that cpu use stays near 80 "
        "per cent of what is requested"
    )
    cold = told["autoscaling.coldStart"]
    assert cold.value.startswith("about 7 min")
    assert "pull 2 min 43 s" in cold.source


QUEUE = """
  triggers:
    - {type: redis, metadata: {address: "r:6379", listName: jobs, listLength: "5"}}"""
HOURS = """
  triggers:
    - type: cron
      metadata: {timezone: UTC, start: 0 8 * * *, end: 0 20 * * *, desiredReplicas: "2"}"""


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ("min: 1\n  max: 4" + QUEUE, "as it is"),
        ("min: 0\n  max: 4\n  cooldownSeconds: 1800" + QUEUE, "as it is for 30 min"),
        (
            "min: 0\n  max: 4\n  fallback: {failureThreshold: 3, replicas: 2}" + QUEUE,
            "2 pods",
        ),
        ("min: 0\n  max: 4" + HOURS, None),
    ],
)
def test_what_runs_while_a_trigger_fails_is_told(scaling, expected):
    assert words(f"autoscaling:\n  {scaling}").get("autoscaling.outage") == expected


def test_the_add_on_has_one_route():
    one = '{type: http, metadata: {hosts: "a, b", targetValue: "5"}}'
    other = '{type: http, name: two, metadata: {hosts: c, targetValue: "5"}}'
    assert messages(f"autoscaling: {{min: 0, max: 3, triggers: [{one}]}}") == []
    assert messages(f"autoscaling: {{min: 0, max: 3, triggers: [{one}, {other}]}}") == [
        "autoscaling.triggers[1].type: http is there twice: a release has one route"
    ]
