"""Every rule of `cross_references`, broken once: one change to what fits, one complaint."""

from __future__ import annotations

from tests.helm.broken_front_doors import BROKEN_FRONT_DOORS
from tests.helm.broken_groups import BROKEN_GROUPS, BROKEN_SCALED_GROUPS
from tests.helm.broken_sidecars import BROKEN
from tests.helm.cross_references import RULES, find_complaints
from tests.helm.cross_references.release import Release
from tests.helm.small_releases import (
    EXTERNAL,
    GROUP,
    get,
    make_front_door,
    make_group,
    make_leader_worker,
    make_scaled_groups,
    make_sidecar,
    scaler,
)


def test_releases_that_fit_have_no_complaint():
    assert find_complaints(make_sidecar(), EXTERNAL) == []
    assert find_complaints(make_leader_worker()) == []


def test_a_release_behind_a_front_door_fits():
    assert find_complaints(make_front_door(), EXTERNAL) == []


def test_a_scaled_release_fits():
    objects = [*make_sidecar(), scaler(envSourceContainerName="wings-infer")]
    del get(objects, "Deployment")["spec"]["replicas"]
    assert find_complaints(objects, EXTERNAL) == []


def test_scaled_groups_fit():
    assert find_complaints(make_scaled_groups(), EXTERNAL) == []


def test_workers_in_a_set_of_their_own_fit():
    """Ordinals from 1: no pod of it is a leader."""
    objects = make_leader_worker()
    workers = make_group(0)
    workers["metadata"]["name"] = "demo-0-workers"
    workers["spec"]["ordinals"] = {"start": 1}
    for labels in (
        workers["spec"]["selector"]["matchLabels"],
        workers["spec"]["template"]["metadata"]["labels"],
    ):
        labels[GROUP] = "0-workers"
    workers["spec"]["template"]["spec"]["containers"][0]["ports"] = []
    assert find_complaints([*objects, workers]) == []
    del workers["spec"]["ordinals"]
    assert find_complaints([*objects, workers]) == [
        "Service demo: StatefulSet demo-0-workers has no port http"
    ]


def found_in(make_release, broken, external=()):
    """What is found after each change, by the complaint that the change is to earn."""
    found = {}
    for complaint, change in broken.items():
        objects = make_release()
        change(objects)
        found[complaint] = find_complaints(objects, external)
    return found


def test_a_broken_sidecar_release():
    found = found_in(make_sidecar, BROKEN, EXTERNAL)
    assert {wanted: others for wanted, others in found.items() if wanted not in others} == {}


def test_a_broken_leader_worker_release():
    found = found_in(make_leader_worker, BROKEN_GROUPS)
    assert {wanted: others for wanted, others in found.items() if wanted not in others} == {}


def test_a_broken_release_of_scaled_groups():
    found = found_in(make_scaled_groups, BROKEN_SCALED_GROUPS, EXTERNAL)
    assert found == {wanted: [wanted] for wanted in BROKEN_SCALED_GROUPS}


def test_a_broken_release_behind_a_front_door():
    found = found_in(make_front_door, BROKEN_FRONT_DOORS, EXTERNAL)
    assert found == {wanted: [wanted] for wanted in BROKEN_FRONT_DOORS}


def test_every_rule_is_broken_here():
    said = set()
    for broken, make_release, external in (
        (BROKEN, make_sidecar, EXTERNAL),
        (BROKEN_GROUPS, make_leader_worker, ()),
        (BROKEN_SCALED_GROUPS, make_scaled_groups, EXTERNAL),
        (BROKEN_FRONT_DOORS, make_front_door, EXTERNAL),
    ):
        for complaint, change in broken.items():
            objects = make_release()
            change(objects)
            said.update(rule for rule in RULES if complaint in _complaints(rule, objects, external))
    assert said == set(RULES)


def _complaints(rule, objects, external):
    return list(rule(Release(objects, frozenset(external), "llm")))
