"""What may be wrong with groups of pods: the complaint, and the change that earns it."""

from __future__ import annotations

from tests.helm.small_releases import LABELS, LEADER, get, make

BROKEN_GROUPS = {
    f"StatefulSet {'a' * 53}: 53 characters, at most 52":
        lambda o: get(o, "StatefulSet")["metadata"].update(name="a" * 53),
    "StatefulSet demo-0: selects the pods of StatefulSet demo-1":
        lambda o: get(o, "StatefulSet")["spec"]["selector"].update(matchLabels=LABELS),
    "Service demo: selects nothing":
        lambda o: get(o, "Service", "demo")["spec"]["selector"].update(
            {"apps.kubernetes.io/pod-index": "2"}),
    "StatefulSet demo-0: its Service 'demo-peer' is not rendered":
        lambda o: get(o, "StatefulSet")["spec"].update(serviceName="demo-peer"),
    "StatefulSet demo-0: its Service demo does not select all its pods":
        lambda o: (get(o, "StatefulSet")["spec"].update(serviceName="demo"),
                   get(o, "Service", "demo")["spec"].update(clusterIP="None")),
    "StatefulSet demo-0: its Service demo-peers is not headless":
        lambda o: get(o, "Service", "demo-peers")["spec"].pop("clusterIP"),
    "StatefulSet demo-1: one pod has the budgets PodDisruptionBudget demo, PodDisruptionBudget b":
        lambda o: o.append(make("PodDisruptionBudget", "b", {"selector": {"matchLabels": {
            "statefulset.kubernetes.io/pod-name": "demo-1-1"}}})),
    "StatefulSet demo-0: no NetworkPolicy selects all its pods":
        lambda o: o.append(make("NetworkPolicy", "demo", {"podSelector": {
            "matchLabels": LABELS | LEADER}})),
    "StatefulSet demo-0: mounts cache, which is no volume":
        lambda o: get(o, "StatefulSet")["spec"]["template"]["spec"]["containers"][0].update(
            volumeMounts=[{"name": "cache", "mountPath": "/cache"}]),
    "StatefulSet demo-0: nothing mounts the volume cache":
        lambda o: get(o, "StatefulSet")["spec"].update(
            volumeClaimTemplates=[{"metadata": {"name": "cache"}}]),
}  # fmt: skip

BROKEN_SCALED_GROUPS = {
    "ScaledObject demo-0: may run, or be installed with, a part of its pods":
        lambda o: get(o, "ScaledObject", "demo-0")["spec"].pop("idleReplicaCount"),
    "ScaledObject demo-1: may run, or be installed with, a part of its pods":
        lambda o: get(o, "ScaledObject", "demo-1")["spec"].update(initialCooldownPeriod=60),
    "ScaledObject demo-1: may stop at a part of its pods":
        lambda o: get(o, "ScaledObject", "demo-1")["spec"].update(minReplicaCount=1),
}  # fmt: skip
