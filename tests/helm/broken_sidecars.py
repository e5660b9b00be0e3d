"""What may be wrong with one Deployment's release: the complaint, and the change that earns it."""

from __future__ import annotations

from tests.helm.small_releases import LABELS, get, make, scaler


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
                   o[-1]["spec"]["triggers"][0].update(authenticationRef={"name": "prometheus"})),
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
    "InterceptorRoute demo: Service demo has no port https":
        lambda o: (o.append(make("InterceptorRoute", "demo", {
                       "target": {"service": "demo", "portName": "https"}})),
                   o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o[-1]["spec"]["triggers"][0].update(metadata={"interceptorRoute": "demo"})),
    "InterceptorRoute demo: nothing uses it":
        lambda o: o.append(make("InterceptorRoute", "demo", {
            "target": {"service": "demo", "portName": "http"}})),
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
    "ScaledObject demo: InterceptorRoute lost is neither rendered nor declared":
        lambda o: (o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o[-1]["spec"]["triggers"][0].update(metadata={"interceptorRoute": "lost"})),
    "Deployment demo: 2 autoscalers":
        lambda o: (o.append(scaler()), get(o, "Deployment")["spec"].pop("replicas"),
                   o.append(make("HorizontalPodAutoscaler", "demo", {
                       "scaleTargetRef": {"kind": "Deployment", "name": "demo"}}))),
    "Deployment demo: replicas beside an autoscaler": lambda o: o.append(scaler()),
    "Deployment demo: neither replicas nor an autoscaler":
        lambda o: get(o, "Deployment")["spec"].pop("replicas"),
}  # fmt: skip
