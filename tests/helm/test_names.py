"""Names of releases, objects and variables, also those that YAML would read as something else."""

from __future__ import annotations

import pytest

from tests.support.helm import containers, pick
from tests.support.profiles import LONGEST_RELEASE

pytestmark = pytest.mark.slow


def test_two_long_releases_keep_different_names(helm3, reference):
    names = {
        pick(helm3.template(reference, release=LONGEST_RELEASE[:52] + end), "Deployment")[
            "metadata"
        ]["name"]
        for end in "01"
    }
    assert len(names) == 2


@pytest.mark.parametrize("release", ["1e5", "123", "on", "null", "y"])
def test_a_release_name_stays_text(helm, charts, release):
    objects = helm.template(charts["null"], release=release)
    for each in objects:
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == release
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == "null"
        assert isinstance(each["metadata"]["name"], str)


def test_odd_variable_names_stay_text(rendered):
    chart = next(each for each in rendered if each.name == "null")
    env = {
        each["name"]: each.get("value") for each in containers(chart.objects)["vllm-engine"]["env"]
    }
    assert (env["ON"], env["y"], env["null"]) == ("on", "yes", "~")
