"""Every wait ends before the one that contains it; no rollout and no drain waits forever."""

from __future__ import annotations

import re

import pytest

from tests.support.helm import pod_of, pods_of, workloads
from wingsctl.chart.metadata import TIMEOUT_ANNOTATION

pytestmark = pytest.mark.slow


STEPS = ("DRAIN_DELAY", "DRAIN", "STOP")


def variables(container):
    return {each["name"]: each.get("value") for each in container["env"]}


def test_every_start_ends_after_what_it_waits_for(each_chart):
    def check(chart):
        workload = workloads(chart.objects)[0]["spec"]
        gateway = workload["template"]["spec"]["containers"][0]
        load = int(variables(gateway)["WINGS_LOAD_DEADLINE_SECONDS"])
        metadata = (chart.path / "Chart.yaml").read_text()
        timeout = int(re.search(rf'{TIMEOUT_ANNOTATION}: "(\d+)"', metadata)[1])
        time = chart.plan.time
        progress = workload.get("progressDeadlineSeconds", time.transition)
        turn = [time.turn] if chart.plan.group else []
        in_order = [load, load + time.pull, progress, timeout, *turn]
        if in_order != sorted(set(in_order)):
            yield f"load, pull, progress, helm, turn: {in_order}"
        if time.cold_start - time.pull >= load:
            yield "the load deadline is shorter than a load"
        if progress != (time.transition if chart.plan.group else time.progress_deadline):
            yield "progress deadline: not as planned"

    each_chart(check)


def test_every_end_ends_before_the_kill(each_chart):
    def check(chart):
        for pod in pods_of(chart.objects):
            gateway, engine = (variables(container) for container in pod["containers"])
            turn = int(gateway.get("WINGS_TURN_SECONDS", 0))
            steps = [turn, *(int(gateway[f"WINGS_{name}_SECONDS"]) for name in STEPS)]
            margin, grace = 15 if chart.plan.group else 5, pod["terminationGracePeriodSeconds"]
            if not sum(steps) + margin <= grace == chart.plan.time.grace + turn:
                yield f"grace {grace}, steps {steps}"
            if engine["WINGS_GRACE_SECONDS"] != str(sum(steps)):
                yield "the engine's deadline is not the sum of the gateway's"
            if engine["WINGS_STOP_SECONDS"] != gateway["WINGS_STOP_SECONDS"]:
                yield "stop"

    each_chart(check)


def test_no_probe_overlaps_the_next(each_chart):
    def check(chart):
        gateway = pod_of(chart.objects)["containers"][0]
        for name in ("readinessProbe", "livenessProbe"):
            if gateway[name]["timeoutSeconds"] > gateway[name]["periodSeconds"]:
                yield name

    each_chart(check)


def test_a_rollout_waits_for_no_spare_accelerator(each_chart):
    def check(chart):
        if chart.plan.group:
            return
        spec = workloads(chart.objects)[0]["spec"]
        rolling = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
        if spec.get("replicas") == 1:
            # helm 3 calls a rolling update of one pod, which may be missing, ready with none.
            allowed = [{"type": "Recreate"}]
        else:
            allowed = [rolling, {"type": "RollingUpdate", **rolling}]
        if chart.name != "three-replicas" and spec["strategy"] not in allowed:
            yield spec["strategy"]

    each_chart(check)


def test_a_drain_of_a_node_always_ends(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] == "PodDisruptionBudget":
                if each["spec"]["unhealthyPodEvictionPolicy"] != "AlwaysAllow":
                    yield "eviction"
                if "minAvailable" in each["spec"] or not each["spec"]["maxUnavailable"]:
                    yield "blocks"

    each_chart(check)
