"""Which objects a chart has, and what reaches all of them."""

from __future__ import annotations

import pytest

from tests.support.helm import pick

pytestmark = pytest.mark.slow


def test_every_part_is_rendered_somewhere(rendered):
    kinds = {each["kind"] for chart in rendered for each in chart.objects}
    assert kinds == {
        "ConfigMap", "Deployment", "HTTPRoute", "Ingress", "InterceptorRoute", "NetworkPolicy",
        "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PodGroup", "PodMonitor",
        "ScaledObject", "Service", "ServiceAccount", "StatefulSet", "TriggerAuthentication",
    }  # fmt: skip


def test_switched_off_parts_are_not_rendered(rendered):
    chart = next(each for each in rendered if each.name == "switched-off")
    kinds = {each["kind"] for each in chart.objects}
    assert kinds == {"ConfigMap", "Deployment", "Pod", "Service", "ServiceAccount"}


def test_labels_and_annotations_for_all_reach_every_object(rendered):
    by_name = {chart.name: chart for chart in rendered}
    for each in by_name["wings-infer"].objects:
        assert each["metadata"]["labels"]["app"] == "wings-infer"
    for each in by_name["monitoring"].objects:
        assert each["metadata"]["annotations"]["example.org/owner"] == "nlp: {{ team }}"
    monitor = pick(by_name["monitoring"].objects, "PodMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["podMetricsEndpoints"][0]["interval"] == "30s"
