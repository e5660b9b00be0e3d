"""Every chart before the real API server: its admission, defaults and validation, and KEDA's."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def llm(cluster, keda, crds):
    """The namespace that the judges' charts are rendered for.

    KEDA is there before, so that its webhooks judge every ScaledObject and TriggerAuthentication.
    """
    cluster.run("create", "namespace", "llm")
    yield cluster
    cluster.run("delete", "namespace", "llm", "--wait=false")


def test_the_api_server_takes_every_chart(llm, installations):
    text = "---\n".join(each.manifests for each in installations)
    done = llm.run("apply", "--server-side", "--dry-run=server", "-f", "-", text=text, limit=600)
    assert done.returncode == 0, done.stderr
    taken = [line for line in done.stdout.splitlines() if line.endswith("(server dry run)")]
    assert len(taken) == sum(len(each.objects) for each in installations)


def test_the_api_server_refuses_what_is_wrong(llm, installations):
    text = installations[0].manifests.replace(
        "terminationGracePeriodSeconds:", "terminationSeconds:"
    )
    done = llm.run("apply", "--server-side", "--dry-run=server", "-f", "-", text=text)
    assert done.returncode
    assert "terminationSeconds" in done.stderr


def test_keda_judges_the_charts(llm, installations):
    """It is asked: a second ScaledObject for a Deployment that has one is refused."""
    chart = next(each for each in installations if each.name == "queue")
    (scaled,) = (each for each in chart.objects if each["kind"] == "ScaledObject")
    llm.ok("-n", "llm", "apply", "-f", "-", text=json.dumps(scaled))
    scaled["metadata"]["name"] = "second"
    done = llm.run("-n", "llm", "apply", "--dry-run=server", "-f", "-", text=json.dumps(scaled))
    assert done.returncode
    assert "already managed by the ScaledObject" in done.stderr
