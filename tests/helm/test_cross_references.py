"""The objects of every chart, with every variant of its values, fit together."""

from __future__ import annotations

import pytest

from tests.helm.cross_references import find_complaints
from tests.helm.cross_references.release import POD_INDEX, Release
from tests.helm.cross_references.selection import (
    SELECTING,
    selected,
    selected_owners,
    selector_of,
)
from tests.support.helm import doors_of, is_of_door, workloads
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


def test_everything_selects_the_engine_pods_or_the_front_door_and_no_others(installations):
    for each in installations:
        release = Release(each.objects, frozenset(), "llm")
        for selecting in release.of(*SELECTING):
            owners = selected_owners(release, selector_of(selecting))
            kinds = {(pods.owner["kind"], is_of_door(pods.owner)) for pods in owners}
            assert len(kinds) == 1, each.name


def test_everything_selects_by_labels_that_never_change(installations):
    for each in installations:
        release = Release(each.objects, frozenset(), "llm")
        selecting = [set(selector_of(s)["matchLabels"]) for s in release.of(*SELECTING)]
        owning = [set(s["spec"]["selector"]["matchLabels"]) for s in workloads(each.objects)]
        is_group = bool(release.of("StatefulSet"))
        assert all(keys in (STABLE, STABLE | {POD_INDEX}) for keys in selecting), each.name
        assert is_group or all(keys == STABLE for keys in [*selecting, *owning]), each.name
        sets = (STABLE | {"wingsctl/group"}, STABLE | {"wingsctl/group", "wingsctl/role"})
        assert not is_group or all(keys in sets for keys in owning), each.name


def test_every_set_selects_its_own_pods_and_clients_reach_leaders_only(installations):
    for each in installations:
        release = Release(each.objects, frozenset(), "llm")
        if not release.of("StatefulSet"):
            continue
        is_closed = bool(doors_of(each.objects))
        for service in release.of("Service"):
            found = {labels.get(POD_INDEX) for _, labels in selected(release, selector_of(service))}
            is_peers = service["metadata"]["name"].endswith("-peers")
            is_clients = service["metadata"]["labels"]["app.kubernetes.io/component"] == "engine"
            is_clients &= service["spec"].get("clusterIP") != "None"
            if is_of_door(service) or (is_closed and is_clients):
                assert found == {None}, each.name
                continue
            assert found > {"0"} if is_peers else found == {"0"}, each.name
        for policy in release.of("NetworkPolicy"):
            rules = [rule for rule in policy["spec"]["ingress"] if {"port": "http"} in _ports(rule)]
            found = {labels.get(POD_INDEX) for _, labels in selected(release, selector_of(policy))}
            assert not rules or found == {None if is_of_door(policy) else "0"}, each.name


def _ports(rule):
    return rule.get("ports", [])


@pytest.mark.parametrize("release", ["1e5", "123", "my.release", "0.1", LONGEST_RELEASE])
@pytest.mark.parametrize("name", ["new-claim", "ingress", "group-split"])
def test_every_release_name_that_helm_takes_makes_good_names(helm3, rendered, name, release):
    (chart,) = (each for each in rendered if each.name == name)
    # Eleven groups: the last has two digits, as the hundredth has.
    many = ["--set", "replicas=11"] if chart.plan.group and release == LONGEST_RELEASE else []
    objects = helm3.template(chart.path, *many, release=release)
    assert find_complaints(objects, chart.external) == []
