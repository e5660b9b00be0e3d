"""Every rule of `cross_references`, broken once: a small release fits, one change makes a complaint."""

from __future__ import annotations

import copy

import pytest

from tests.helm.cross_references import RULES, find_complaints

LABELS = {"app.kubernetes.io/instance": "demo", "app.kubernetes.io/component": "engine"}
PORTS = [{"name": "http", "containerPort": 9000}, {"name": "cluster", "containerPort": 9001}]
AUTH = {"name": "prometheus"}


def make(kind, name, spec=None, labels=None, **more):
    made = {"kind": kind, "metadata": {"name": name, "labels": {**(labels or LABELS)}}, **more}
    return made if spec is None else {**made, "spec": spec}


def make_pod_spec():
    return {
        "serviceAccountName": "demo",
        "imagePullSecrets": [{"name": "registry"}],
        "containers": [
            {
                "name": "wings-infer",
                "env": [
                    {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "a"}}},
                    {"name": "ENGINE_TYPE", "value": "vllm"},
                ],
                "ports": copy.deepcopy(PORTS),
                "readinessProbe": {"httpGet": {"port": "http"}},
                "lifecycle": {"preStop": {"httpGet": {"port": 9001}}},
                "volumeMounts": [
                    {"name": "files", "mountPath": "/wings", "subPath": "start.sh"},
                    {"name": "model", "mountPath": "/models", "subPath": "qwen"},
                ],
            }
        ],
        "volumes": [
            {"name": "files", "configMap": {"name": "demo-files"}},
            {"name": "model", "persistentVolumeClaim": {"claimName": "demo-model"}},
        ],
    }


def make_sidecar():
    """One Deployment with all that the sidecar topology may have."""
    test = {"name": "check", "env": [{"name": "BASE_URL", "value": "http://demo:9000"}]}
    template = {"metadata": {"labels": {**LABELS}}, "spec": make_pod_spec()}
    selector = {"matchLabels": {**LABELS}}
    admitted = {"podSelector": {"matchLabels": {**LABELS, "app.kubernetes.io/component": "test"}}}
    policy_rules = [{"ports": [{"port": "http"}], "from": [admitted]}]
    backend = {"service": {"name": "demo", "port": {"name": "http"}}}
    objects = [
        make("ServiceAccount", "demo"),
        make("ConfigMap", "demo-files", data={"start.sh": ""}),
        make("PersistentVolumeClaim", "demo-model", {}),
        make("Deployment", "demo", {"replicas": 0, "selector": selector, "template": template}),
        make("Service", "demo", {
            "selector": {**LABELS}, "ports": [{"name": "http", "port": 9000, "targetPort": "http"}],
        }),
        make("PodDisruptionBudget", "demo", {"selector": selector}),
        make("NetworkPolicy", "demo", {"podSelector": selector, "ingress": policy_rules}),
        make("PodMonitor", "demo", {
            "selector": selector, "podMetricsEndpoints": [{"port": "cluster"}],
        }),
        make("Ingress", "demo", {
            "tls": [{"secretName": "chat"}], "rules": [{"http": {"paths": [{"backend": backend}]}}],
        }),
        make("HTTPRoute", "demo", {"rules": [{"backendRefs": [{"name": "demo", "port": 9000}]}]}),
        make("Pod", "demo-test", {"containers": [test]},
             {**LABELS, "app.kubernetes.io/component": "test"}),
    ]  # fmt: skip
    objects[-1]["metadata"]["annotations"] = {"helm.sh/hook": "test"}
    return objects


EXTERNAL = {("Secret", "keys"), ("Secret", "chat"), ("Secret", "registry"),
            ("ClusterTriggerAuthentication", "prometheus")}  # fmt: skip
GROUP = "example.org/group"
LEADER = {"apps.kubernetes.io/pod-index": "0"}


def make_group(number, size=2):
    """One group's StatefulSet: its leader is the pod with the index 0."""
    labels = {**LABELS, GROUP: str(number)}
    spec = {"containers": [{"name": "wings-infer", "ports": copy.deepcopy(PORTS)}]}
    return make("StatefulSet", f"demo-{number}", {
        "replicas": size, "serviceName": "demo-peers", "selector": {"matchLabels": {**labels}},
        "template": {"metadata": {"labels": labels}, "spec": spec},
    })  # fmt: skip


def make_leader_worker():
    """Two groups; clients reach the leaders only."""
    port = {"port": 9000, "targetPort": "http"}
    return [
        make_group(0),
        make_group(1),
        make("Service", "demo", {"selector": LABELS | LEADER, "ports": [{"name": "http", **port}]}),
        make("Service", "demo-peers", {"clusterIP": "None", "selector": {**LABELS}}),
        make("PodDisruptionBudget", "demo", {"selector": {"matchLabels": {**LABELS}}}),
    ]


def get(objects, kind, name=None):
    return next(
        each for each in objects
        if each["kind"] == kind and name in (None, each["metadata"]["name"])
    )  # fmt: skip


def scaler(name="demo", **target):
    return make("ScaledObject", "demo", {
        "scaleTargetRef": {"name": name, **target}, "maxReplicaCount": 2,
        "triggers": [{"type": "prometheus", "authenticationRef": {
            "name": "prometheus", "kind": "ClusterTriggerAuthentication"}}],
    })  # fmt: skip


def test_releases_that_fit_have_no_complaint():
    assert find_complaints(make_sidecar(), EXTERNAL) == []
    assert find_complaints(make_leader_worker()) == []


def test_a_scaled_release_fits():
    objects = [*make_sidecar(), scaler(envSourceContainerName="wings-infer")]
    del get(objects, "Deployment")["spec"]["replicas"]
    assert find_complaints(objects, EXTERNAL) == []


def test_scaled_groups_fit():
    objects = make_leader_worker()
    for number in "01":
        del get(objects, "StatefulSet", f"demo-{number}")["spec"]["replicas"]
        scaled = scaler(f"demo-{number}", kind="StatefulSet")
        scaled["metadata"]["name"] = f"demo-{number}"
        objects.append(scaled)
    assert find_complaints(objects, EXTERNAL) == []


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


def container(objects):
    return get(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def pod(objects):
    return get(objects, "Deployment")["spec"]["template"]["spec"]


def template_labels(objects):
    return get(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]


BROKEN = {
    # naming
    "Lease demo: cross-references of this kind are not judged: add a rule":
        lambda o: o.append(make("Lease", "demo")),
    "ConfigMap demo-files: two objects have this name":
        lambda o: o.append(make("ConfigMap", "demo-files", data={"start.sh": ""})),
    "ServiceAccount demo_1: Kubernetes refuses this name":
        lambda o: (get(o, "ServiceAccount")["metadata"].update(name="demo_1"),
                   pod(o).update(serviceAccountName="demo_1")),
    "Service 1demo: Kubernetes refuses this name":
        lambda o: o.append(make("Service", "1demo", {"selector": LABELS})),
    f"Ingress {'a' * 64}: 64 characters, at most 63":
        lambda o: get(o, "Ingress")["metadata"].update(name="a" * 64),
    f"ScaledObject {'a' * 55}: 55 characters, at most 54":
        lambda o: (o.append(scaler()), o[-1]["metadata"].update(name="a" * 55),
                   get(o, "Deployment")["spec"].pop("replicas")),
    "Service demo: label a cannot be 'x y'":
        lambda o: get(o, "Service")["metadata"]["labels"].update(a="x y"),
    "Deployment demo: label a cannot be True": lambda o: template_labels(o).update(a=True),
    "Service demo: lies in another namespace":
        lambda o: get(o, "Service")["metadata"].update(namespace="default"),
    "Service demo: selects by helm.sh/chart":
        lambda o: (get(o, "Service")["spec"]["selector"].update({"helm.sh/chart": "a"}),
                   get(o, "Pod")["metadata"]["labels"].update({"helm.sh/chart": "a"})),
    "Deployment demo: its pods carry app.kubernetes.io/version":
        lambda o: template_labels(o).update({"app.kubernetes.io/version": "1"}),
    # pods
    "Deployment demo: volume files is there twice":
        lambda o: pod(o)["volumes"].append({"name": "files", "emptyDir": {}}),
    "Deployment demo: container wings-infer is there twice":
        lambda o: pod(o)["containers"].append({"name": "wings-infer"}),
    "Deployment demo: port http is there twice":
        lambda o: container(o)["ports"].append({"name": "http", "containerPort": 1}),
    "Deployment demo: port (9000, 'TCP') is there twice":
        lambda o: container(o)["ports"].append({"name": "other", "containerPort": 9000}),
    "Deployment demo: variable KEY is there twice":
        lambda o: container(o)["env"].append({"name": "KEY", "value": ""}),
    "Deployment demo: mount path /wings is there twice":
        lambda o: container(o)["volumeMounts"].append({"name": "files", "mountPath": "/wings/"}),
    "Deployment demo: mounts tmp, which is no volume":
        lambda o: container(o)["volumeMounts"].append({"name": "tmp", "mountPath": "/tmp"}),
    "Deployment demo: nothing mounts the volume tmp":
        lambda o: pod(o)["volumes"].append({"name": "tmp", "emptyDir": {}}),
    "Deployment demo: readinessProbe asks wings-infer's port htpt":
        lambda o: container(o)["readinessProbe"]["httpGet"].update(port="htpt"),
    "Deployment demo: preStop asks wings-infer's port 9002":
        lambda o: container(o)["lifecycle"]["preStop"]["httpGet"].update(port=9002),
    # selection
    "Deployment demo: its selector does not match its own pods":
        lambda o: get(o, "Deployment")["spec"].update(selector={"matchLabels": {"a": "b"}}),
    "Deployment demo: selects the pods of Pod demo-test":
        lambda o: get(o, "Deployment")["spec"].update(
            selector={"matchLabels": {"app.kubernetes.io/instance": "demo"}}),
    "PodMonitor demo: selects nothing":
        lambda o: get(o, "PodMonitor")["spec"].update(selector={"matchLabels": {"a": "b"}}),
    "NetworkPolicy demo: selects Pod demo-test":
        lambda o: get(o, "NetworkPolicy")["spec"].update(podSelector={"matchExpressions": [
            {"key": "app.kubernetes.io/component", "operator": "Exists"}]}, ingress=[]),
    "Service demo: Deployment demo has no port https":
        lambda o: get(o, "Service")["spec"]["ports"][0].update(targetPort="https"),
    "NetworkPolicy demo: Deployment demo has no port 9002":
        lambda o: get(o, "NetworkPolicy")["spec"]["ingress"][0]["ports"].append({"port": 9002}),
    "NetworkPolicy demo: Deployment demo has no port 9002 to 9009":
        lambda o: get(o, "NetworkPolicy")["spec"]["ingress"][0]["ports"].append(
            {"port": 9002, "endPort": 9009}),
    "PodMonitor demo: Deployment demo has no port metrics":
        lambda o: get(o, "PodMonitor")["spec"]["podMetricsEndpoints"][0].update(port="metrics"),
    "Deployment demo: one pod has the budgets PodDisruptionBudget demo, PodDisruptionBudget b":
        lambda o: o.append(make("PodDisruptionBudget", "b", {"selector": {"matchLabels": LABELS}})),
    "Deployment demo: no NetworkPolicy selects all its pods":
        lambda o: get(o, "NetworkPolicy")["spec"].update(
            podSelector={"matchLabels": {"a": "b"}}, ingress=[]),
    "NetworkPolicy demo: admits pods that do not exist":
        lambda o: get(o, "Pod")["metadata"]["labels"].update(
            {"app.kubernetes.io/component": "check"}),
    # references
    "Deployment demo: ServiceAccount serving is neither rendered nor declared":
        lambda o: pod(o).update(serviceAccountName="serving"),
    "Deployment demo: Secret mirror is neither rendered nor declared":
        lambda o: pod(o).update(imagePullSecrets=[{"name": "mirror"}]),
    "Deployment demo: PersistentVolumeClaim hub is neither rendered nor declared":
        lambda o: pod(o)["volumes"][1]["persistentVolumeClaim"].update(claimName="hub"),
    "Deployment demo: Secret lost is neither rendered nor declared":
        lambda o: container(o)["env"][0]["valueFrom"]["secretKeyRef"].update(name="lost"),
    "Deployment demo: ConfigMap lost is neither rendered nor declared":
        lambda o: container(o).update(envFrom=[{"configMapRef": {"name": "lost"}}]),
    "Deployment demo: ConfigMap demo-files has no key entry.sh":
        lambda o: container(o)["volumeMounts"][0].update(subPath="entry.sh"),
    "Deployment demo: ConfigMap demo-files has no key chat":
        lambda o: pod(o)["volumes"][0]["configMap"].update(items=[
            {"key": "start.sh", "path": "start.sh"}, {"key": "chat", "path": "b"}]),
    "Ingress demo: Secret lost is neither rendered nor declared":
        lambda o: get(o, "Ingress")["spec"].update(tls=[{"secretName": "lost"}]),
    "ScaledObject demo: TriggerAuthentication prometheus is neither rendered nor declared":
        lambda o: (o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o[-1]["spec"]["triggers"][0]["authenticationRef"].pop("kind")),
    "TriggerAuthentication a: nothing uses it":
        lambda o: o.append(make("TriggerAuthentication", "a", {})),
    "TriggerAuthentication prometheus: Secret lost is neither rendered nor declared":
        lambda o: (o.append(make("TriggerAuthentication", "prometheus", {
                       "secretTargetRef": [{"name": "lost", "key": "a"}]})),
                   o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o[-1]["spec"]["triggers"][0].update(authenticationRef=AUTH)),
    "ConfigMap lonely: nothing uses it": lambda o: o.append(make("ConfigMap", "lonely", data={})),
    # routes
    "Ingress demo: Service lost is not rendered":
        lambda o: get(o, "Ingress")["spec"].update(
            defaultBackend={"service": {"name": "lost", "port": {"number": 80}}}),
    "Ingress demo: Service demo has no port 80":
        lambda o: get(o, "Ingress")["spec"].update(
            defaultBackend={"service": {"name": "demo", "port": {"number": 80}}}),
    "HTTPRoute demo: Service demo has no port 80":
        lambda o: get(o, "HTTPRoute")["spec"]["rules"][0]["backendRefs"][0].update(port=80),
    "Pod demo-test: Service demo has no port 80":
        lambda o: get(o, "Pod")["spec"]["containers"][0]["env"][0].update(
            value="https://demo.llm.svc:80/v1"),
    "Service demo: a port's name is there twice":
        lambda o: get(o, "Service")["spec"]["ports"].append(
            {"name": "http", "port": 81, "targetPort": "http"}),
    # scaling
    "ScaledObject demo: its target, Deployment lost, is not rendered":
        lambda o: o.append(scaler("lost")),
    "ScaledObject demo: reads variables of engine, which is no container":
        lambda o: (o.append(scaler(envSourceContainerName="engine")),
                   get(o, "Deployment")["spec"].pop("replicas")),
    "Deployment demo: 2 autoscalers":
        lambda o: (o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o.append(make("HorizontalPodAutoscaler", "demo", {
                       "scaleTargetRef": {"kind": "Deployment", "name": "demo"}}))),
    "Deployment demo: replicas beside an autoscaler": lambda o: o.append(scaler()),
    "Deployment demo: neither replicas nor an autoscaler":
        lambda o: get(o, "Deployment")["spec"].pop("replicas"),
}  # fmt: skip

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


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_sidecar_release(complaint):
    objects = make_sidecar()
    BROKEN[complaint](objects)
    assert complaint in find_complaints(objects, EXTERNAL)


@pytest.mark.parametrize("complaint", BROKEN_GROUPS)
def test_a_broken_leader_worker_release(complaint):
    objects = make_leader_worker()
    BROKEN_GROUPS[complaint](objects)
    assert complaint in find_complaints(objects)


def test_every_rule_is_broken_here():
    said = set()
    for broken, make_release, external in (
        (BROKEN, make_sidecar, EXTERNAL),
        (BROKEN_GROUPS, make_leader_worker, ()),
    ):
        for complaint, change in broken.items():
            objects = make_release()
            change(objects)
            said.update(rule for rule in RULES if complaint in _complaints(rule, objects, external))
    assert said == set(RULES)


def _complaints(rule, objects, external):
    from tests.helm.cross_references.release import Release

    return list(rule(Release(objects, frozenset(external), "llm")))
