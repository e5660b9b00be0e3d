"""Profiles, claims and images of the cluster's tests fit together before any cluster starts."""

from __future__ import annotations

import subprocess
from string import Template

import pytest
from ruamel.yaml import YAML

from tests.shipped.catalog_files import PROFILES
from tests.support.helm import HelmBinary, argv, containers, pick
from tests.support.profiles import CLUSTER, CLUSTER_CATALOG, CLUSTER_PROFILES
from tests.support.tools import find_made, find_tool

SUBSTITUTES = {"namespace": "llm", "venv": "/opt/engine", "models": "/srv/models", "ca": "Y2E="}
REAL_ARGV = [
    "python3", "-m", "vllm.entrypoints.cli.main", "serve", "/models/tiny-model",
    "--host", "127.0.0.1", "--port", "8000", "--tensor-parallel-size", "1",
    "--max-model-len", "1024", "--served-model-name", "tiny", "--dtype", "float32",
    "--enforce-eager", "--kv-cache-memory-bytes", "67108864", "--max-num-seqs", "16",
]  # fmt: skip


@pytest.fixture
def manifests(helm3: HelmBinary, store, tmp_path):
    """Every object of tests/cluster/manifests; their files lie in the folder, filled in."""
    texts = []
    for path in sorted((CLUSTER / "manifests").glob("*.yaml")):
        texts.append(Template(path.read_text("utf-8")).substitute(SUBSTITUTES))
        (tmp_path / path.name).write_text(texts[-1], encoding="utf-8")
    return store.value(texts, lambda: helm3.read("---\n".join(texts)))


@pytest.mark.parametrize("profile", CLUSTER_PROFILES, ids=lambda path: path.name.split(".")[0])
def test_the_profile_is_valid_and_plans_restricted_pods(wingsctl, profile):
    options = (profile, "--catalog", CLUSTER_CATALOG)
    assert wingsctl("validate", *options).code == 0
    plan = wingsctl("plan", *options, "--all")
    assert plan.code == 0
    security = [line.split() for line in plan.stdout.splitlines() if line.startswith("podSecurity")]
    assert [line[1] for line in security] == ["restricted"]


def test_the_real_engine_starts_from_its_volume(helm, charts):
    objects = helm.template(charts["real"])
    engine = containers(objects)["vllm-cpu-engine"]
    env = {each["name"]: each.get("value") for each in engine["env"]}
    assert argv(objects) == REAL_ARGV
    (mount,) = [each for each in engine["volumeMounts"] if each["mountPath"] == "/opt/vllm"]
    assert mount["readOnly"] is True
    assert env["PYTHONPATH"].startswith(mount["mountPath"] + "/")
    assert (env["HF_HUB_OFFLINE"], env["VLLM_CPU_OMP_THREADS_BIND"]) == ("1", "nobind")
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == 1


def test_sglang_on_a_cpu_is_the_shipped_engine():
    """What the CPU needs besides is in the profiles, and in variables."""
    cpu, shipped = (
        YAML(typ="safe").load(place / "engines" / name)
        for place, name in ((CLUSTER_CATALOG, "sglang-cpu.yaml"), (PROFILES, "sglang.yaml"))
    )
    for same in (
        "commands",
        "port",
        "manyServedNames",
        "underscores",
        "health",
        "metrics",
        "generate",
    ):
        assert cpu[same] == shipped[same], same
    for same in ("argv", "env", "rendezvousPort"):
        assert cpu["groups"][0][same] == shipped["groups"][0][same], same
    assert cpu["options"]["pipeline"][0]["argv"] == shipped["options"]["pipeline"][0]["argv"]
    assert cpu["owned"].items() <= shipped["owned"].items()


def test_sglang_finds_its_packages_in_their_volume(helm, charts):
    for name in ("sglang", "sglang-group", "sglang-pipeline"):
        engine = containers(helm.template(charts[name]))["sglang-cpu-engine"]
        env = {each["name"]: each.get("value") for each in engine["env"]}
        mounts = {each["mountPath"]: each for each in engine["volumeMounts"]}
        own, shared = env["PYTHONPATH"].split(":")
        assert mounts[own]["subPath"] == "sglang"
        assert mounts[own]["name"] == mounts["/opt/vllm"]["name"]
        assert shared.startswith("/opt/vllm/")


def test_a_probe_keeps_what_the_profile_does_not_say(helm, charts):
    gateway = containers(helm.template(charts["real"]))["wings-infer"]
    timing = ("periodSeconds", "timeoutSeconds", "failureThreshold")
    found = [[gateway[name][key] for key in timing] for name in ("readinessProbe", "livenessProbe")]
    assert found == [[2, 2, 2], [5, 5, 6]]


def test_every_claim_is_bound_to_a_volume_of_its_own(manifests, helm3, charts):
    claims, volumes = (
        {each["metadata"]["name"]: each["spec"] for each in manifests if each["kind"] == kind}
        for kind in ("PersistentVolumeClaim", "PersistentVolume")
    )
    pod = pick(helm3.template(charts["real"]), "Deployment")["spec"]["template"]["spec"]
    used = [each.get("persistentVolumeClaim") for each in pod["volumes"]]
    assert {each["claimName"] for each in used if each} == set(claims)
    for name, claim in claims.items():
        volume = volumes[claim["volumeName"]]
        assert volume["claimRef"] == {"namespace": "llm", "name": name}
        assert volume["accessModes"] == claim["accessModes"]


def test_kubernetes_accepts_the_manifests(manifests, tmp_path):
    crds = find_made("crds")
    done = subprocess.run(
        [find_tool("kubectl-validate"), "--local-crds", crds, tmp_path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("OK") == len(list((CLUSTER / "manifests").glob("*.yaml")))


def test_every_image_of_the_cluster_is_built(helm3, charts, manifests):
    built = (CLUSTER / "images" / "build.sh").read_text("utf-8")
    images = {
        container["image"]
        for name in ("real", "fake")
        for container in containers(helm3.template(charts[name])).values()
    }
    pods = [each["spec"]["template"] for each in manifests if each["kind"] == "Deployment"]
    for pod in (pick(manifests, "Pod"), *pods):
        images |= {each["image"] for each in pod["spec"]["containers"]}
    assert len(images) == 6
    for image in images:
        repository, tag = image.split(":")
        assert f"{repository}:{'$version' if 'infer' in repository else tag}" in built, image
