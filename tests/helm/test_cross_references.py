"""The objects of every chart, with every variant of its values, fit together."""

from __future__ import annotations

import pytest

from tests.helm.cross_references import find_complaints
from tests.helm.cross_references.release import Release
from tests.helm.cross_references.selection import SELECTING, selected_owners, selector_of
from tests.support.helm import pick
from tests.support.profiles import LONGEST_RELEASE
from tests.support.variants import VARIANTS, VARIED

pytestmark = pytest.mark.slow
STABLE = {"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"}


def test_all_objects_fit_together(installations):
    found = {each.name: find_complaints(each.objects, each.external) for each in installations}
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


def test_every_variant_is_judged(installations):
    assert {each.chart for each in installations if each.variant} == set(VARIED)
    assert {each.variant for each in installations} > set(VARIANTS)


def test_everything_selects_the_engine_pods_and_no_others(installations):
    for each in installations:
        release = Release(each.objects, frozenset(), "llm")
        for selecting in release.of(*SELECTING):
            owners = selected_owners(release, selector_of(selecting))
            assert [pods.owner["kind"] for pods in owners] == ["Deployment"], each.name


def test_everything_selects_by_labels_that_never_change(installations):
    for each in installations:
        release = Release(each.objects, frozenset(), "llm")
        selectors = [selector_of(found) for found in release.of(*SELECTING)]
        selectors.append(pick(each.objects, "Deployment")["spec"]["selector"])
        assert [set(selector["matchLabels"]) for selector in selectors] == [STABLE] * len(selectors)


@pytest.mark.parametrize("release", ["1e5", "123", "my.release", "0.1", LONGEST_RELEASE])
@pytest.mark.parametrize("name", ["new-claim", "ingress"])
def test_every_release_name_that_helm_takes_makes_good_names(helm3, rendered, name, release):
    (chart,) = (each for each in rendered if each.name == name)
    objects = helm3.template(chart.path, release=release)
    assert find_complaints(objects, chart.external) == []
