"""No pod of any chart has more rights than its profile asks for."""

from __future__ import annotations

import pytest

from tests.support.helm import doors_of, is_of_door, pick, pod_of, pods_of

pytestmark = pytest.mark.slow
CLOSED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def test_pods_are_closed_by_default(each_chart):
    def check(chart):
        pods = [(f"engine {n}", pod) for n, pod in enumerate(pods_of(chart.objects))]
        pods += [("door", each["spec"]["template"]["spec"]) for each in doors_of(chart.objects)]
        for name, pod in [*pods, ("test", pick(chart.objects, "Pod")["spec"])]:
            if pod["enableServiceLinks"] or pod["automountServiceAccountToken"]:
                yield f"{name}: service links or token"
            for container in pod["containers"]:
                security = dict(container["securityContext"])
                if not chart.plan.engine.capabilities:
                    assert "add" not in security["capabilities"]
                security["capabilities"] = {"drop": security["capabilities"]["drop"]}
                if security != CLOSED:
                    yield f"{name}: {security}"

    each_chart(check)


def test_no_chart_has_rights_or_secrets_of_its_own(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] == "ServiceAccount" and each["automountServiceAccountToken"]:
                yield "ServiceAccount: token"
            if each["kind"] in ("Role", "RoleBinding", "ClusterRole", "Secret"):
                yield each["kind"]

    each_chart(check)


def test_both_containers_run_as_one_user_unless_told_otherwise(each_chart):
    def check(chart):
        security = pod_of(chart.objects)["securityContext"]
        if chart.name == "root" or chart.name.startswith("security-"):
            return
        wanted = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}
        yield from wanted.items() - {k: v for k, v in security.items() if k in wanted}.items()
        if security["seccompProfile"] != {"type": "RuntimeDefault"}:
            yield "seccomp"
        for container in pod_of(chart.objects)["containers"]:
            if "runAsUser" in container["securityContext"]:
                yield container["name"]

    each_chart(check)


def test_policies_open_the_two_ports_only(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] != "NetworkPolicy":
                continue
            rules = each["spec"]["ingress"]
            ports = [[p["port"] for p in rule.get("ports", [])] for rule in rules]
            is_peers = each["metadata"]["name"] == "demo-peers"
            wanted = [[], ["cluster"]] if is_peers else [["http"], ["cluster"]]
            if is_of_door(each):
                readers = [chart.plan.autoscaling, chart.plan.profile.monitoring.enabled]
                wanted = [["http"], *(["cluster"] for reader in readers if reader)]
            if ports != wanted or each["spec"]["policyTypes"] != ["Ingress"]:
                yield ports
            # What is open on every port is open to the release's own pods alone.
            if is_peers and rules[0] != {"from": [{"podSelector": each["spec"]["podSelector"]}]}:
                yield "not only peers"

    each_chart(check)


def test_own_account_unless_one_is_named(rendered):
    chart = next(each for each in rendered if each.name == "pod-extras")
    assert "ServiceAccount" not in {each["kind"] for each in chart.objects}
    assert pod_of(chart.objects)["serviceAccountName"] == "serving"
