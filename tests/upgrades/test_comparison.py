"""The judge of upgrades finds what breaks one."""

from __future__ import annotations

import copy

from tests.helm.small_releases import get, make_front_door, make_leader_worker, make_sidecar
from tests.upgrades.comparison import broken_by_upgrade, changes_of_pods


def pod_of(objects, kind="Deployment", name=None):
    return get(objects, kind, name)["spec"]["template"]["spec"]


def with_keys(objects):
    """The gateway reads keys from a mounted Secret."""
    pod = pod_of(objects)
    pod["volumes"].append({"name": "auth", "secret": {"secretName": "api-keys"}})
    pod["containers"][0]["env"].append({"name": "WINGS_API_KEYS_FILE", "value": "/auth/keys"})
    return objects


def variables(objects):
    return pod_of(objects)["containers"][0]["env"]


def remove(objects, kind, name=None):
    objects.remove(get(objects, kind, name))


BROKEN = {
    "a selector": (
        make_sidecar,
        lambda new: get(new, "Deployment")["spec"]["selector"]["matchLabels"].update(a="b"),
        "Deployment demo: selector.matchLabels.a may not change: None -> 'b'",
    ),
    "a claim that is gone": (
        make_sidecar,
        lambda new: remove(new, "PersistentVolumeClaim"),
        "PersistentVolumeClaim demo-model is removed",
    ),
    "a claim's class": (
        make_sidecar,
        lambda new: get(new, "PersistentVolumeClaim")["spec"].update(storageClassName="slow"),
        "PersistentVolumeClaim demo-model: storageClassName may not change: None -> 'slow'",
    ),
    "a StatefulSet's Service": (
        make_leader_worker,
        lambda new: get(new, "StatefulSet", "demo-1")["spec"].update(serviceName="other"),
        "StatefulSet demo-1: serviceName may not change: 'demo-peers' -> 'other'",
    ),
    "a StatefulSet's name": (
        make_leader_worker,
        lambda new: get(new, "StatefulSet", "demo-1")["metadata"].update(name="demo-b"),
        "StatefulSet demo-1 is removed",
    ),
    "claims of a StatefulSet": (
        make_leader_worker,
        lambda new: get(new, "StatefulSet", "demo-0")["spec"].update(volumeClaimTemplates=[{}]),
        "StatefulSet demo-0: volumeClaimTemplates may not change: None -> [{}]",
    ),
    "a headless Service": (
        make_leader_worker,
        lambda new: get(new, "Service", "demo-peers")["spec"].pop("clusterIP"),
        "Service demo-peers: headless may not change: True -> False",
    ),
    "a port of clients": (
        make_sidecar,
        lambda new: get(new, "Service")["spec"]["ports"][0].update(port=80),
        "Service demo: ports.http may not change: 9000 -> 80",
    ),
    "what KEDA scales": (
        make_front_door,
        lambda new: get(new, "ScaledObject")["spec"]["scaleTargetRef"].update(name="other"),
        "ScaledObject demo: scaleTargetRef.name may not change: 'demo' -> 'other'",
    ),
    "the Secret of the keys": (
        lambda: with_keys(make_sidecar()),
        lambda new: pod_of(new)["volumes"].pop(),
        "Deployment demo: Secret api-keys is not used any more",
    ),
    "the variable of the keys": (
        lambda: with_keys(make_sidecar()),
        lambda new: variables(new).pop(),
        "Deployment demo: container wings-infer: WINGS_API_KEYS_FILE is not /auth/keys any more",
    ),
    "a key in a variable": (
        make_sidecar,
        lambda new: variables(new)[0]["valueFrom"]["secretKeyRef"].update(key="b"),
        "Deployment demo: Secret keys/a is not used any more",
    ),
    "a variable that is there already": (
        lambda: with_keys(make_sidecar()),
        lambda new: variables(new).insert(0, variables(new)[-1]),
        "Deployment demo: container wings-infer: WINGS_API_KEYS_FILE is set twice",
    ),
}


def test_what_breaks_an_upgrade_is_found():
    unseen = {}
    for what, (make, damage, message) in BROKEN.items():
        old = make()
        new = copy.deepcopy(old)
        assert list(broken_by_upgrade(old, new)) == []
        damage(new)
        found = list(broken_by_upgrade(old, new))
        if message not in found:
            unseen[what] = found
    assert unseen == {}


def in_pods(damage):
    """Where pods differ after some damage."""
    old = make_sidecar()
    new = copy.deepcopy(old)
    damage(pod_of(new))
    return changes_of_pods(old, new).get(("Deployment", "demo"), [])


GATEWAY = "spec.containers[wings-infer]"
CHANGED_PODS = {
    "nothing": (lambda pod: None, []),
    "a value": (
        lambda pod: pod["containers"][0]["env"][1].update(value="sglang"),
        [f"{GATEWAY}.env[ENGINE_TYPE].value"],
    ),
    "one more variable": (
        lambda pod: pod["containers"][0]["env"].insert(0, {"name": "MORE", "value": "a"}),
        [f"{GATEWAY}.env[MORE]"],
    ),
    "the order of variables": (
        lambda pod: pod["containers"][0]["env"].reverse(),
        [f"{GATEWAY}.env in another order"],
    ),
    "a volume that is gone": (lambda pod: pod["volumes"].pop(), ["spec.volumes[model]"]),
    "a mount": (
        lambda pod: pod["containers"][0]["volumeMounts"][1].update(readOnly=True),
        [f"{GATEWAY}.volumeMounts[/models].readOnly"],
    ),
    "a field of the pod": (
        lambda pod: pod.update(hostNetwork=True),
        ["spec.hostNetwork"],
    ),
}


def test_changed_pods_are_named_by_where_they_differ():
    found = {what: in_pods(damage) for what, (damage, _) in CHANGED_PODS.items()}
    assert found == {what: paths for what, (_, paths) in CHANGED_PODS.items()}


def test_an_old_object_changes_nothing_where_a_new_one_is_added():
    old = make_sidecar()
    new = [*copy.deepcopy(old), {"kind": "ConfigMap", "metadata": {"name": "more"}}]
    assert list(broken_by_upgrade(old, new)) == []
    assert changes_of_pods(old, new) == {}
