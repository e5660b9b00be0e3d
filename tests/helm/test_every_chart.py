"""What holds for every chart: accepted by all judges, consistent, complete, secure by default."""

from __future__ import annotations

import re
import subprocess
from collections import Counter

import pytest
from ruamel.yaml import YAML

from tests.support.helm import (
    HELM_3,
    HelmBinary,
    containers,
    find_tool,
    pick,
    split_manifests,
    workloads,
)
from tests.support.profiles import LONGEST_NAME, LONGEST_RELEASE, ROOT
from wingsctl.catalog.base import quantity_value
from wingsctl.chart.metadata import TIMEOUT_ANNOTATION

pytestmark = pytest.mark.slow
SELECTOR = {
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
}
NOT_SCHEMA_CHECKED = {
    "HTTPRoute": "the Gateway API's schemas are not among the tools",
    "PodMonitor": "the Prometheus operator's schemas are not among the tools",
}
NEWER_THAN_THE_SCHEMAS = {"image": "image volumes came after Kubernetes 1.30"}
INDEX = "apps.kubernetes.io/pod-index"
SETS = {"wingsctl/group", "wingsctl/role"}
CRDS = (ROOT / ".tools" / "crds", ROOT / "tests" / "helm" / "crds")
EXTERNAL_CLAIMS = {"1e5", "models", "hub", "ms", "data"}
EXTERNAL_CONFIG_MAPS = {"settings"}
EXTERNAL_SECRETS = {"certificate", "hf-token", "ms", "keys", "registry", "mirror", "chat"}
EXTERNAL_ACCOUNTS = {"serving"}


@pytest.fixture
def each_chart(rendered):
    """Runs a check on every chart; all complaints are shown at once."""

    def run(check):
        found = {chart.name: list(check(chart)) for chart in rendered}
        assert {name: complaints for name, complaints in found.items() if complaints} == {}

    return run


def pods_of(chart):
    return [each["spec"]["template"]["spec"] for each in workloads(chart.objects)]


def pod_of(chart):
    """The pod of the chart, or of its first group."""
    return pods_of(chart)[0]


def twice(values):
    return [value for value, count in Counter(values).items() if count > 1]


def test_helm_lints_every_chart(helm, charts):
    done = helm.run("lint", "--strict", *charts.values())
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout
    assert f"{len(charts)} chart(s) linted, 0 chart(s) failed" in done.stdout


def test_both_helms_print_the_same(rendered):
    def documents(text):  # helm 4 prints an empty line after each
        return sorted(each.rstrip("\n") for each in split_manifests(text))

    for chart in rendered:
        assert documents(chart.manifests) == documents(chart.manifests_4), chart.name


def test_kubernetes_accepts_every_object(rendered, tmp_path):
    for chart in rendered:
        kept = []
        for text, each in zip(split_manifests(chart.manifests), chart.objects, strict=True):
            is_newer = chart.name in NEWER_THAN_THE_SCHEMAS and each["kind"] == "Deployment"
            if each["kind"] not in NOT_SCHEMA_CHECKED and not is_newer:
                kept.append(text)
        (tmp_path / f"{chart.name}.yaml").write_text("---\n".join(kept), encoding="utf-8")
    tool = find_tool("kubectl-validate")
    crds = [word for place in CRDS for word in ("--local-crds", place)]
    done = subprocess.run([tool, *crds, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("OK") == len(rendered)


def test_the_judge_sees_a_wrong_object(rendered, tmp_path):
    text = rendered[0].manifests.replace("containerPort: 9000", 'containerPort: "http"')
    (tmp_path / "wrong.yaml").write_text(text, encoding="utf-8")
    tool = find_tool("kubectl-validate")
    done = subprocess.run([tool, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode != 0


def test_no_key_is_written_twice(rendered):
    loader = YAML(typ="safe", pure=True)
    for chart in rendered:
        for text in split_manifests(chart.manifests):
            if "kind: Deployment" in text or "kind: StatefulSet" in text:
                loader.load(text)  # raises DuplicateKeyError


def test_no_duplicate_names(each_chart):
    def check(chart):
        for pod in pods_of(chart):
            yield from twice(volume["name"] for volume in pod["volumes"])
            ports = [port for each in pod["containers"] for port in each["ports"]]
            yield from twice(port["name"] for port in ports)
            yield from twice(port["containerPort"] for port in ports)
            for container in pod["containers"]:
                yield from twice(entry["name"] for entry in container["env"])
                yield from twice(mount["mountPath"] for mount in container["volumeMounts"])

    each_chart(check)


def test_objects_have_different_names(each_chart):
    def check(chart):
        yield from twice((each["kind"], each["metadata"]["name"]) for each in chart.objects)

    each_chart(check)


def selectors_of(chart):
    for each in chart.objects:
        spec = each.get("spec", {})
        if each["kind"] == "Service":
            yield "Service", spec["selector"]
        elif each["kind"] in ("Deployment", "PodDisruptionBudget", "PodMonitor"):
            yield each["kind"], spec["selector"]["matchLabels"]
        elif each["kind"] == "NetworkPolicy":
            yield "NetworkPolicy", spec["podSelector"]["matchLabels"]


def labels_of(workload):
    """The labels of a workload's first pod."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    if workload["kind"] == "Deployment":
        return labels
    return {**labels, INDEX: str(workload["spec"]["ordinals"]["start"])}


def test_selectors_match_the_pods_by_labels_that_never_change(each_chart):
    def check(chart):
        labels = labels_of(workloads(chart.objects)[0])
        test_labels = pick(chart.objects, "Pod")["metadata"]["labels"]
        for kind, selector in selectors_of(chart):
            if not selector.items() <= labels.items():
                yield f"{kind} selects other pods"
            if selector.items() <= test_labels.items():
                yield f"{kind} selects the test's pod"
            if set(selector) - {INDEX} != SELECTOR or (INDEX in selector and not chart.plan.group):
                yield f"{kind} selects by {sorted(selector)}"

    each_chart(check)


def test_every_set_selects_its_own_pods_and_no_other(each_chart):
    def check(chart):
        sets = [each for each in chart.objects if each["kind"] == "StatefulSet"]
        for each in sets:
            selector = each["spec"]["selector"]["matchLabels"]
            found = [s for s in sets if selector.items() <= labels_of(s).items()]
            if found != [each]:
                yield f"{each['metadata']['name']} selects {len(found)} sets"
            if not SELECTOR < set(selector) <= SELECTOR | SETS:
                yield f"selects by {sorted(selector)}"

    each_chart(check)


def test_clients_reach_leaders_only(each_chart):
    def check(chart):
        if not chart.plan.group:
            return
        open_to = {each["metadata"]["name"]: each["spec"] for each in chart.objects
                   if each["kind"] == "Service"}  # fmt: skip
        peers = open_to.pop("demo-peers")
        if INDEX in peers["selector"] or not peers["publishNotReadyAddresses"]:
            yield "peers"
        for name, spec in open_to.items():
            if spec["selector"][INDEX] != "0" or spec.get("publishNotReadyAddresses"):
                yield name
        policies = {each["metadata"]["name"]: each["spec"] for each in chart.objects
                    if each["kind"] == "NetworkPolicy"}  # fmt: skip
        for name, spec in policies.items():
            rules = [rule for rule in spec["ingress"] if {"port": "http"} in rule.get("ports", [])]
            if rules and spec["podSelector"]["matchLabels"].get(INDEX) != "0":
                yield f"{name} opens workers"

    each_chart(check)


def test_ports_are_named_where_they_are_used(each_chart):
    def check(chart):
        pod = pod_of(chart)
        names = {port["name"] for each in pod["containers"] for port in each["ports"]}
        used = [
            port["targetPort"]
            for each in chart.objects
            if each["kind"] == "Service"
            for port in each["spec"]["ports"]
        ]
        for container in pod["containers"]:
            own = {port["name"] for port in container["ports"]}
            probes = [v for k, v in container.items() if k.endswith("Probe")]
            yield from (p["httpGet"] for p in probes if p["httpGet"]["port"] not in own)
        for each in chart.objects:
            if each["kind"] == "NetworkPolicy":
                rules = each["spec"]["ingress"]
                used += [port["port"] for rule in rules for port in rule.get("ports", [])]
            if each["kind"] == "PodMonitor":
                used += [p["port"] for p in each["spec"]["podMetricsEndpoints"]]
        yield from set(used) - names

    each_chart(check)


def references_of(chart):
    """(kind, name) of everything that the pod and the routes refer to."""
    for pod in pods_of(chart):
        yield "ServiceAccount", pod["serviceAccountName"]
        yield from (("Secret", secret["name"]) for secret in pod.get("imagePullSecrets", []))
        for volume in pod["volumes"]:
            yield from volume_references(volume)
        for container in pod["containers"]:
            for entry in container["env"]:
                if "secretKeyRef" in entry.get("valueFrom", {}):
                    yield "Secret", entry["valueFrom"]["secretKeyRef"]["name"]
    for each in chart.objects:
        yield from route_references(each)


def volume_references(volume):
    if "configMap" in volume:
        yield "ConfigMap", volume["configMap"]["name"]
    if "persistentVolumeClaim" in volume:
        yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    if "secret" in volume:
        yield "Secret", volume["secret"]["secretName"]


def route_references(each):
    spec = each.get("spec", {})
    if each["kind"] == "Ingress":
        for path in spec["rules"][0]["http"]["paths"]:
            yield "Service", path["backend"]["service"]["name"]
        yield from (("Secret", tls["secretName"]) for tls in spec.get("tls", []))
    if each["kind"] == "HTTPRoute":
        yield from (("Service", ref["name"]) for ref in spec["rules"][0]["backendRefs"])
    if each["kind"] == "ScaledObject":
        yield "Deployment", spec["scaleTargetRef"]["name"]
    if each["kind"] == "StatefulSet":
        yield "Service", spec["serviceName"]
        annotations = spec["template"]["metadata"]["annotations"]
        if "scheduling.k8s.io/group-name" in annotations:
            yield "PodGroup", annotations["scheduling.k8s.io/group-name"]


def test_every_reference_is_rendered_or_external(each_chart):
    external = {
        "PersistentVolumeClaim": EXTERNAL_CLAIMS,
        "ConfigMap": EXTERNAL_CONFIG_MAPS,
        "Secret": EXTERNAL_SECRETS,
        "ServiceAccount": EXTERNAL_ACCOUNTS,
    }

    def check(chart):
        own = {(each["kind"], each["metadata"]["name"]) for each in chart.objects}
        for kind, name in references_of(chart):
            if (kind, name) not in own and name not in external.get(kind, ()):
                yield f"{kind} {name} is nowhere"

    each_chart(check)


MUST_BE_USED = ("ConfigMap", "PersistentVolumeClaim", "ServiceAccount", "Secret", "PodGroup")


def test_nothing_is_orphaned(each_chart):
    def check(chart):
        used = set(references_of(chart))
        for each in chart.objects:
            key = (each["kind"], each["metadata"]["name"])
            if each["kind"] in MUST_BE_USED:
                yield from {key} - used
        for pod in pods_of(chart):
            mounted = {m["name"] for each in pod["containers"] for m in each["volumeMounts"]}
            volumes = {volume["name"] for volume in pod["volumes"]}
            yield from mounted - volumes
            if not chart.name.startswith("volume-"):
                yield from volumes - mounted

    each_chart(check)


def test_routes_lead_to_a_port_of_the_service(each_chart):
    def check(chart):
        own = [each for each in chart.objects if each["kind"] == "Service"]
        (port,) = next(s for s in own if s["spec"].get("clusterIP") != "None")["spec"]["ports"]
        for each in chart.objects:
            if each["kind"] == "Ingress":
                (path,) = each["spec"]["rules"][0]["http"]["paths"]
                if path["backend"]["service"]["port"] != {"name": port["name"]}:
                    yield "Ingress"
            if each["kind"] == "HTTPRoute":
                (backend,) = each["spec"]["rules"][0]["backendRefs"]
                if backend["port"] != port["port"]:
                    yield "HTTPRoute"

    each_chart(check)


NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


WITH_EVERY_KIND = {
    "wings-infer", "llama-chat", "ingress", "http-route", "monitoring", "new-claim", LONGEST_NAME,
    "group-volcano", "group-" + LONGEST_NAME[6:],
}  # fmt: skip
MOST_OF_A_SET = 52
"""Its pods carry a label of its name, a dash and ten characters."""


def test_names_fit_with_the_longest_release(rendered):
    helm = HelmBinary(find_tool(HELM_3))
    for chart in [each for each in rendered if each.name in WITH_EVERY_KIND]:
        many = ["--set", "replicas=100"] if chart.plan.group else []
        for each in helm.template(chart.path, *many, release=LONGEST_RELEASE):
            name = each["metadata"]["name"]
            most = MOST_OF_A_SET if each["kind"] == "StatefulSet" else 63
            assert len(name) <= most, (chart.name, name)
            assert NAME.fullmatch(name), (chart.name, name)
            labels = [
                *each["metadata"]["labels"].values(),
                *each.get("spec", {})
                .get("template", {})
                .get("metadata", {"labels": {}})["labels"]
                .values(),
            ]
            assert not [label for label in labels if not LABEL.fullmatch(label)], chart.name


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


def test_no_replicas_beside_an_autoscaler(each_chart):
    def check(chart):
        is_scaled = any(each["kind"] == "ScaledObject" for each in chart.objects)
        if is_scaled == ("replicas" in workloads(chart.objects)[0]["spec"]):
            yield "replicas"

    each_chart(check)


WITH_CAPABILITIES = ("fabric-", "group-split", "group-volcano", "group-host", "deepseek-r1")
CLOSED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def test_pods_are_closed_by_default(each_chart):
    def check(chart):
        pods = [(f"engine {n}", pod) for n, pod in enumerate(pods_of(chart))]
        for name, pod in [*pods, ("test", pick(chart.objects, "Pod")["spec"])]:
            if pod["enableServiceLinks"] or pod["automountServiceAccountToken"]:
                yield f"{name}: service links or token"
            for container in pod["containers"]:
                security = dict(container["securityContext"])
                if not chart.name.startswith(WITH_CAPABILITIES):
                    assert "add" not in security["capabilities"]
                security["capabilities"] = {"drop": security["capabilities"]["drop"]}
                if security != CLOSED:
                    yield f"{name}: {security}"

    each_chart(check)


def test_no_chart_has_rights_or_secrets_of_its_own(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] == "ServiceAccount" and each["automountServiceAccountToken"]:
                yield "ServiceAccount: token"
            if each["kind"] in ("Role", "RoleBinding", "ClusterRole", "Secret"):
                yield each["kind"]

    each_chart(check)


def test_both_containers_run_as_one_user_unless_told_otherwise(each_chart):
    def check(chart):
        security = pod_of(chart)["securityContext"]
        if chart.name == "root" or chart.name.startswith("security-"):
            return
        wanted = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001}
        yield from wanted.items() - {k: v for k, v in security.items() if k in wanted}.items()
        if security["seccompProfile"] != {"type": "RuntimeDefault"}:
            yield "seccomp"
        for container in pod_of(chart)["containers"]:
            if "runAsUser" in container["securityContext"]:
                yield container["name"]

    each_chart(check)


def test_every_container_has_its_resources(each_chart):
    def check(chart):
        for container in [each for pod in pods_of(chart) for each in pod["containers"]]:
            requests, limits = (container["resources"][side] for side in ("requests", "limits"))
            yield from {"cpu", "memory", "ephemeral-storage"} - set(requests)
            yield from {"memory", "ephemeral-storage"} - set(limits)
            for name in {*requests, *limits}:
                if "/" in name and requests.get(name) != limits.get(name):
                    yield f"{name}: requests and limits differ"
                if quantity_value(requests.get(name, 0)) > quantity_value(limits.get(name, "1E")):
                    yield f"{name}: request above limit"

    each_chart(check)


def test_shared_memory_is_sized_and_fits_the_memory_limit(each_chart):
    def check(chart):
        volumes = {volume["name"]: volume for volume in pod_of(chart)["volumes"]}
        size = quantity_value(volumes["shm"]["emptyDir"]["sizeLimit"])
        limits = pod_of(chart)["containers"][1]["resources"]["limits"]
        if size > quantity_value(limits["memory"]):
            yield "shm is larger than the memory limit"

    each_chart(check)


def variables(container):
    return {each["name"]: each.get("value") for each in container["env"]}


def test_every_start_ends_after_what_it_waits_for(each_chart):
    def check(chart):
        workload = workloads(chart.objects)[0]["spec"]
        gateway = workload["template"]["spec"]["containers"][0]
        load = int(variables(gateway)["WINGS_LOAD_DEADLINE_SECONDS"])
        metadata = (chart.path / "Chart.yaml").read_text()
        timeout = int(re.search(rf'{TIMEOUT_ANNOTATION}: "(\d+)"', metadata)[1])
        time = chart.plan.time
        then = time.turn if chart.plan.group else timeout + 1
        progress = workload.get("progressDeadlineSeconds", time.transition)
        in_order = [load, load + time.pull, progress, timeout, then]
        if in_order != sorted(set(in_order)):
            yield f"load, pull, progress, helm, turn: {in_order}"
        if time.cold_start - time.pull >= load:
            yield "the load deadline is shorter than a load"
        if progress not in (time.progress_deadline, time.transition):
            yield "progress deadline: not as planned"

    each_chart(check)


STEPS = ("DRAIN_DELAY", "DRAIN", "STOP")


def test_every_end_ends_before_the_kill(each_chart):
    def check(chart):
        for pod in pods_of(chart):
            gateway, engine = (variables(container) for container in pod["containers"])
            turn = int(gateway.get("WINGS_TURN_SECONDS", 0))
            steps = [turn, *(int(gateway[f"WINGS_{name}_SECONDS"]) for name in STEPS)]
            margin = 15 if chart.plan.group else 5
            grace = pod["terminationGracePeriodSeconds"]
            if not sum(steps) + margin <= grace == chart.plan.time.grace + turn:
                yield f"grace {grace}, steps {steps}"
            if engine["WINGS_GRACE_SECONDS"] != str(sum(steps)):
                yield "the engine's deadline is not the sum of the gateway's"
            if engine["WINGS_STOP_SECONDS"] != gateway["WINGS_STOP_SECONDS"]:
                yield "stop"

    each_chart(check)


def test_no_probe_overlaps_the_next(each_chart):
    def check(chart):
        gateway = pod_of(chart)["containers"][0]
        for name in ("readinessProbe", "livenessProbe"):
            if gateway[name]["timeoutSeconds"] > gateway[name]["periodSeconds"]:
                yield name

    each_chart(check)


def test_a_rollout_waits_for_no_spare_accelerator(each_chart):
    def check(chart):
        if chart.plan.group:
            return
        strategy = pick(chart.objects, "Deployment")["spec"]["strategy"]["rollingUpdate"]
        if chart.name != "three-replicas" and strategy != {"maxSurge": 0, "maxUnavailable": 1}:
            yield strategy

    each_chart(check)


def test_a_drain_of_a_node_always_ends(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] == "PodDisruptionBudget":
                if each["spec"]["unhealthyPodEvictionPolicy"] != "AlwaysAllow":
                    yield "eviction"
                if "minAvailable" in each["spec"] or not each["spec"]["maxUnavailable"]:
                    yield "blocks"

    each_chart(check)


def test_policies_open_the_two_ports_only(each_chart):
    def check(chart):
        for each in chart.objects:
            if each["kind"] != "NetworkPolicy":
                continue
            rules = each["spec"]["ingress"]
            ports = [[p["port"] for p in rule.get("ports", [])] for rule in rules]
            is_peers = each["metadata"]["name"] == "demo-peers"
            wanted = [[], ["cluster"]] if is_peers else [["http"], ["cluster"]]
            if ports != wanted or each["spec"]["policyTypes"] != ["Ingress"]:
                yield ports
            own = each["spec"]["podSelector"]
            if is_peers and rules[0] != {"from": [{"podSelector": own}]}:
                yield "not only peers"

    each_chart(check)


def test_switched_off_parts_are_not_rendered(rendered):
    chart = next(each for each in rendered if each.name == "switched-off")
    kinds = {each["kind"] for each in chart.objects}
    assert kinds == {"ConfigMap", "Deployment", "Pod", "Service", "ServiceAccount"}


def test_every_part_is_rendered_somewhere(rendered):
    kinds = {each["kind"] for chart in rendered for each in chart.objects}
    assert kinds == {
        "ConfigMap", "Deployment", "HTTPRoute", "Ingress", "NetworkPolicy",
        "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PodGroup", "PodMonitor",
        "ScaledObject", "Service", "ServiceAccount", "StatefulSet",
    }  # fmt: skip


def test_own_account_unless_one_is_named(rendered):
    chart = next(each for each in rendered if each.name == "pod-extras")
    assert "ServiceAccount" not in {each["kind"] for each in chart.objects}
    assert pod_of(chart)["serviceAccountName"] == "serving"


def test_labels_and_annotations_for_all_reach_every_object(rendered):
    by_name = {chart.name: chart for chart in rendered}
    for each in by_name["wings-infer"].objects:
        assert each["metadata"]["labels"]["app"] == "wings-infer"
    for each in by_name["monitoring"].objects:
        assert each["metadata"]["annotations"]["example.org/owner"] == "nlp: {{ team }}"
    monitor = pick(by_name["monitoring"].objects, "PodMonitor")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    assert monitor["spec"]["podMetricsEndpoints"][0]["interval"] == "30s"


def test_a_strict_accelerator_is_required_and_others_preferred(rendered):
    by_name = {chart.name: chart for chart in rendered}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    assert list(pod_of(by_name["strict"])["affinity"]["nodeAffinity"]) == [required]
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    assert list(pod_of(by_name["wings-infer"])["affinity"]["nodeAffinity"]) == [preferred]
    both = pod_of(by_name["pod-extras"])["affinity"]
    assert set(both) == {"nodeAffinity", "podAntiAffinity"}


@pytest.mark.parametrize(
    ("name", "resource", "count"),
    [
        ("wings-infer", "nvidia.com/gpu", 1),
        ("strict", "nvidia.com/gpu", 2),
        ("mig", "nvidia.com/mig-2g.10gb", 1),
        ("amd", "amd.com/gpu", 1),
        ("gaudi", "habana.ai/gaudi", 1),
    ],
)
def test_devices(rendered, name, resource, count):
    chart = next(each for each in rendered if each.name == name)
    engine = pod_of(chart)["containers"][1]["resources"]
    assert engine["limits"][resource] == engine["requests"][resource] == count
    keys = {each.get("key") for each in pod_of(chart)["tolerations"]}
    assert resource in keys


def test_without_an_accelerator_no_device_is_asked_for(rendered):
    chart = next(each for each in rendered if each.name == "cpu-only")
    assert not [
        name for name in pod_of(chart)["containers"][1]["resources"]["limits"] if "/" in name
    ]
    assert "affinity" not in pod_of(chart)


def test_nothing_rendered_holds_a_null(each_chart):
    def check(chart):
        yield from (name for name in ("<nil>", "<no value>", "%!") if name in chart.manifests)

    each_chart(check)
