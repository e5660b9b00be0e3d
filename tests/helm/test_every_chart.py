"""What holds for every chart: accepted by all judges, consistent, complete, secure by default."""

from __future__ import annotations

import re
import subprocess
from collections import Counter

import pytest
from ruamel.yaml import YAML

from tests.support.helm import HELM_3, HelmBinary, containers, find_tool, pick, split_manifests
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
EXTERNAL_CLAIMS = {"1e5", "hub", "ms", "data", "tiny-model", "vllm-venv"}
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


def pod_of(chart):
    return pick(chart.objects, "Deployment")["spec"]["template"]["spec"]


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
    crds = ROOT / ".tools" / "crds"
    done = subprocess.run(
        [tool, "--local-crds", crds, tmp_path], capture_output=True, text=True, check=False
    )
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
        deployment = next(t for t in split_manifests(chart.manifests) if "kind: Deployment" in t)
        loader.load(deployment)  # raises DuplicateKeyError


def test_no_duplicate_names(each_chart):
    def check(chart):
        pod = pod_of(chart)
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


def test_selectors_match_the_pods_by_labels_that_never_change(each_chart):
    def check(chart):
        labels = pick(chart.objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
        test_labels = pick(chart.objects, "Pod")["metadata"]["labels"]
        for kind, selector in selectors_of(chart):
            if not selector.items() <= labels.items():
                yield f"{kind} selects other pods"
            if selector.items() <= test_labels.items():
                yield f"{kind} selects the test's pod"
            if set(selector) != SELECTOR:
                yield f"{kind} selects by {sorted(selector)}"

    each_chart(check)


def test_ports_are_named_where_they_are_used(each_chart):
    def check(chart):
        pod = pod_of(chart)
        names = {port["name"] for each in pod["containers"] for port in each["ports"]}
        used = [port["targetPort"] for port in pick(chart.objects, "Service")["spec"]["ports"]]
        for container in pod["containers"]:
            own = {port["name"] for port in container["ports"]}
            probes = [v for k, v in container.items() if k.endswith("Probe")]
            yield from (p["httpGet"] for p in probes if p["httpGet"]["port"] not in own)
        for each in chart.objects:
            if each["kind"] == "NetworkPolicy":
                used += [p["port"] for rule in each["spec"]["ingress"] for p in rule["ports"]]
            if each["kind"] == "PodMonitor":
                used += [p["port"] for p in each["spec"]["podMetricsEndpoints"]]
        yield from set(used) - names

    each_chart(check)


def references_of(chart):
    """(kind, name) of everything that the pod and the routes refer to."""
    pod = pod_of(chart)
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


def test_nothing_is_orphaned(each_chart):
    def check(chart):
        used = set(references_of(chart))
        for each in chart.objects:
            key = (each["kind"], each["metadata"]["name"])
            if each["kind"] in ("ConfigMap", "PersistentVolumeClaim", "ServiceAccount", "Secret"):
                yield from {key} - used
        pod = pod_of(chart)
        mounted = {m["name"] for each in pod["containers"] for m in each["volumeMounts"]}
        volumes = {volume["name"] for volume in pod["volumes"]}
        yield from mounted - volumes
        if not chart.name.startswith("volume-"):
            yield from volumes - mounted

    each_chart(check)


def test_routes_lead_to_a_port_of_the_service(each_chart):
    def check(chart):
        (port,) = pick(chart.objects, "Service")["spec"]["ports"]
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
}  # fmt: skip


def test_names_fit_with_the_longest_release(rendered):
    helm = HelmBinary(find_tool(HELM_3))
    for chart in [each for each in rendered if each.name in WITH_EVERY_KIND]:
        for each in helm.template(chart.path, release=LONGEST_RELEASE):
            name = each["metadata"]["name"]
            assert len(name) <= 63, (chart.name, name)
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
        if is_scaled == ("replicas" in pick(chart.objects, "Deployment")["spec"]):
            yield "replicas"

    each_chart(check)


CLOSED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def test_pods_are_closed_by_default(each_chart):
    def check(chart):
        pods = {"engine": pod_of(chart), "test": pick(chart.objects, "Pod")["spec"]}
        for name, pod in pods.items():
            if pod["enableServiceLinks"] or pod["automountServiceAccountToken"]:
                yield f"{name}: service links or token"
            for container in pod["containers"]:
                security = dict(container["securityContext"])
                if not chart.name.startswith("fabric-"):
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
        for container in pod_of(chart)["containers"]:
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
        deployment = pick(chart.objects, "Deployment")["spec"]
        gateway = deployment["template"]["spec"]["containers"][0]
        load = int(variables(gateway)["WINGS_LOAD_DEADLINE_SECONDS"])
        metadata = (chart.path / "Chart.yaml").read_text()
        timeout = int(re.search(rf'{TIMEOUT_ANNOTATION}: "(\d+)"', metadata)[1])
        time = chart.plan.time
        in_order = [load, load + time.pull, deployment["progressDeadlineSeconds"], timeout]
        if in_order != sorted(set(in_order)):
            yield f"load, pull, progress, helm: {in_order}"
        if time.cold_start - time.pull >= load:
            yield "the load deadline is shorter than a load"
        if time.progress_deadline != deployment["progressDeadlineSeconds"]:
            yield "progress deadline: not as planned"

    each_chart(check)


def test_every_end_ends_before_the_kill(each_chart):
    def check(chart):
        pod = pod_of(chart)
        gateway, engine = (variables(container) for container in pod["containers"])
        steps = [int(gateway[f"WINGS_{name}_SECONDS"]) for name in ("DRAIN_DELAY", "DRAIN", "STOP")]
        if not sum(steps) < pod["terminationGracePeriodSeconds"] == chart.plan.time.grace:
            yield f"grace {pod['terminationGracePeriodSeconds']}, steps {steps}"
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
        spec = pick(chart.objects, "Deployment")["spec"]
        rolling = {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
        if spec.get("replicas") == 1:
            # helm 3 calls a rolling update of one pod, which may be missing, ready with none.
            allowed = [{"type": "Recreate"}]
        else:
            allowed = [rolling, {"type": "RollingUpdate", **rolling}]
        if chart.name != "three-replicas" and spec["strategy"] not in allowed:
            yield spec["strategy"]

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
            ports = [[p["port"] for p in rule["ports"]] for rule in each["spec"]["ingress"]]
            if ports != [["http"], ["cluster"]] or each["spec"]["policyTypes"] != ["Ingress"]:
                yield ports

    each_chart(check)


def test_switched_off_parts_are_not_rendered(rendered):
    chart = next(each for each in rendered if each.name == "switched-off")
    kinds = {each["kind"] for each in chart.objects}
    assert kinds == {"ConfigMap", "Deployment", "Pod", "Service", "ServiceAccount"}


def test_every_part_is_rendered_somewhere(rendered):
    kinds = {each["kind"] for chart in rendered for each in chart.objects}
    assert kinds == {
        "ConfigMap", "Deployment", "HTTPRoute", "Ingress", "NetworkPolicy",
        "PersistentVolumeClaim", "Pod", "PodDisruptionBudget", "PodMonitor", "ScaledObject",
        "Service", "ServiceAccount",
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
