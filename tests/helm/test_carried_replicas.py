"""`replicas` is KEDA's; helm carries the number over where a chart was not autoscaled before."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_server import api_server
from tests.support.helm import pick, workloads

pytestmark = pytest.mark.slow
MARK = "wingsctl/replicas"


def living(kind: str, name: str, replicas: int, mark: str = "") -> dict[str, Any]:
    """What the release demo has in the cluster; helm refuses what is not its own."""
    owner = {"meta.helm.sh/release-name": "demo", "meta.helm.sh/release-namespace": "llm"}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "llm",
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
            "annotations": {**owner, **({MARK: mark} if mark else {})},
        },
        "spec": {"replicas": replicas},
    }


@pytest.fixture
def upgraded(helm, charts, tmp_path):
    """What helm would send to a cluster in which these objects live."""

    def render(chart: str, *objects: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        with api_server(tmp_path, *objects) as kubeconfig:
            return helm.template(
                charts[chart], "--dry-run=server", "--disable-openapi-validation",
                "--kubeconfig", kubeconfig, **more,
            )  # fmt: skip

    return render


def numbers(objects: list[dict[str, Any]]) -> dict[str, tuple[int | None, str | None]]:
    """Name of a workload -> its replicas, and the mark that helm leaves on it."""
    return {
        each["metadata"]["name"]: (
            each["spec"].get("replicas"),
            each["metadata"].get("annotations", {}).get(MARK),
        )
        for each in workloads(objects)
    }


@pytest.mark.parametrize(
    ("replicas", "mark", "expected"),
    [
        (3, "", (3, "carried")),
        (0, "", (0, "carried")),
        (5, "carried", (5, "carried")),
        (5, "omitted", (None, "omitted")),
    ],
)
def test_the_number_of_pods_stays_when_autoscaling_is_switched_on(
    upgraded, replicas, mark, expected
):
    found = upgraded("scaled-queue", living("Deployment", "demo", replicas, mark))
    assert numbers(found) == {"demo": expected}


def test_a_new_release_leaves_the_number_to_keda(upgraded):
    assert numbers(upgraded("scaled-queue")) == {"demo": (None, "omitted")}


def test_groups_are_carried_whole(upgraded):
    """group-scaled: the first always runs, up to three others by KEDA."""
    found = upgraded(
        "group-scaled",
        living("StatefulSet", "demo-0", 0, "omitted"),
        living("StatefulSet", "demo-1", 1),
        living("StatefulSet", "demo-2", 0),
        living("StatefulSet", "demo-3", 2, "omitted"),
    )
    assert numbers(found) == {
        "demo-0": (2, None),
        "demo-1": (2, "carried"),
        "demo-2": (0, "carried"),
        "demo-3": (None, "omitted"),
    }


def test_without_autoscaling_the_values_say_the_number(upgraded):
    found = upgraded("host-path", living("Deployment", "demo", 3, "omitted"))
    assert numbers(found) == {"demo": (1, None)}


def test_the_mark_reaches_no_pod(upgraded):
    pod = pick(upgraded("scaled-queue"), "Deployment", "demo")["spec"]["template"]
    assert MARK not in str(pod)
