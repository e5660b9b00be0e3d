"""Small releases that fit together, for tests that break one thing in them."""

from __future__ import annotations

import copy

LABELS = {"app.kubernetes.io/instance": "demo", "app.kubernetes.io/component": "engine"}
PORTS = [{"name": "http", "containerPort": 9000}, {"name": "cluster", "containerPort": 9001}]


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


def make_scaled_groups():
    """Both groups started and stopped by KEDA."""
    objects = make_leader_worker()
    for number in "01":
        del get(objects, "StatefulSet", f"demo-{number}")["spec"]["replicas"]
        objects.append(scaler(f"demo-{number}", kind="StatefulSet"))
        objects[-1]["metadata"]["name"] = f"demo-{number}"
        objects[-1]["spec"].update(
            idleReplicaCount=0, minReplicaCount=2, initialCooldownPeriod=0, maxReplicaCount=2
        )
    return objects


DOOR = {**LABELS, "app.kubernetes.io/component": "front-door"}
DEMAND = {
    "url": "http://demo-demand.llm.svc:9001/demand", "valueLocation": "demand",
    "aggregateFromKubeServiceEndpoints": "true", "aggregationType": "sum",
}  # fmt: skip


def make_front_door():
    """The sidecar's release behind a front door, whose demand scales it."""
    objects = [*make_sidecar(), scaler()]
    get(objects, "ScaledObject")["spec"]["triggers"] = [
        {"type": "metrics-api", "metadata": {**DEMAND}}
    ]
    del get(objects, "Deployment")["spec"]["replicas"]
    container = {
        "name": "wings-infer", "ports": copy.deepcopy(PORTS),
        "env": [{"name": "WINGS_BACKENDS", "value": "demo-ready.$(POD_NAMESPACE).svc:9000"}],
    }  # fmt: skip
    selector = {"matchLabels": {**DOOR}}
    template = {"metadata": {"labels": {**DOOR}}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": selector, "template": template}
    port = {"port": 9001, "targetPort": "cluster"}
    return [
        *objects,
        make("Deployment", "demo-door", spec, DOOR),
        make("NetworkPolicy", "demo-door", {"podSelector": selector, "ingress": []}, DOOR),
        make("Service", "demo-ready", {
            "clusterIP": "None", "selector": {**LABELS}, "ports": [{"name": "http", "port": 9000}],
        }),
        make("Service", "demo-demand", {
            "clusterIP": "None", "publishNotReadyAddresses": True, "selector": {**DOOR},
            "ports": [{"name": "cluster", **port}],
        }, DOOR),
    ]  # fmt: skip


def scaler(name="demo", **target):
    return make("ScaledObject", "demo", {
        "scaleTargetRef": {"name": name, **target}, "maxReplicaCount": 2,
        "triggers": [{"type": "prometheus", "authenticationRef": {
            "name": "prometheus", "kind": "ClusterTriggerAuthentication"}}],
    })  # fmt: skip
