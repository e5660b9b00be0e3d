"""A null in a values file deletes a default: it never takes keys, TLS or other protection away."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.helm.refusals import unblamed
from tests.support.helm import doors_of, pick, workloads
from tests.support.profiles import make_profile, write_profile
from tests.support.umbrella import Umbrella
from wingsctl.actions.inspect_profiles import ProfileRequest
from wingsctl.actions.render_charts import RenderRequest, render_charts

pytestmark = pytest.mark.slow
AUTH = {"auth": {"secret": {"name": "keys"}}}
TLS = {"tls": {"secretName": "certificate"}}
WORKER = {"worker": {"pod": {"nodeSelector": {"a": "b"}}}}
FILES = {
    "WINGS_API_KEYS_FILE": "/wings-auth/keys",
    "WINGS_TLS_CERT_FILE": "/wings-tls/tls.crt",
    "WINGS_TLS_KEY_FILE": "/wings-tls/tls.key",
}
SECURED = ("pods", "door", "group")
PROFILES = (
    make_profile("pods", gateway={**AUTH, **TLS}),
    make_profile("door", gateway={**AUTH, **TLS}, autoscaling={"min": 0, "max": 2}),
    make_profile(
        "group", engine={"name": "vllm"}, gateway={**AUTH, **TLS}, frontDoor=True, nodes=2,
        roles=WORKER, fabric={"name": "ethernet"},
    ),
    make_profile("keys-alone", gateway=AUTH),
    make_profile("certificate-alone", gateway=TLS),
    make_profile("open", gateway={"env": {"ZED": 1048576}}),
    make_profile(
        "named", networkPolicy={"clients": [{"podSelector": {"matchLabels": {"app": "chat"}}}]},
        service={"annotations": {"internal": "true"}}, pod={"annotations": {"mesh": "on"}},
        ingress={"host": "a.test", "tls": {"secretName": "a"}, "annotations": {"login": "on"}},
    ),
    make_profile(
        "unread", autoscaling={"min": 0, "max": 2}, networkPolicy={"scalers": []},
    ),
)  # fmt: skip


def render_secured(place: Path) -> None:
    paths = [str(write_profile(place / "profiles", profile)) for profile in PROFILES]
    render_charts(RenderRequest(ProfileRequest(paths), place))


@pytest.fixture(scope="session")
def secured(store) -> dict[str, Path]:
    """The charts of PROFILES, by name."""
    place = store.directory("secured", render_secured)
    return {profile["name"]: place / profile["name"] for profile in PROFILES}


def gateways(objects):
    """The container of each gateway: beside the engines, and of the front door."""
    pods = [each["spec"]["template"]["spec"] for each in (*workloads(objects), *doors_of(objects))]
    return [each for pod in pods for each in pod["containers"] if each["name"] == "wings-infer"]


def files_of(container):
    return {each["name"]: each["value"] for each in container["env"] if each["name"] in FILES}


@pytest.mark.parametrize(("name", "count"), [("pods", 1), ("door", 2), ("group", 3)])
def test_each_gateway_has_the_files_of_its_secrets_once(helm3, secured, name, count):
    found = gateways(helm3.template(secured[name]))
    assert len(found) == count
    for container in found:
        assert files_of(container) == FILES
        names = [each["name"] for each in container["env"]]
        assert len(names) == len(set(names))
        mounts = {each["mountPath"] for each in container["volumeMounts"]}
        assert {str(Path(file).parent) for file in FILES.values()} <= mounts


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("keys-alone", ["WINGS_API_KEYS_FILE"]),
        ("certificate-alone", ["WINGS_TLS_CERT_FILE", "WINGS_TLS_KEY_FILE"]),
        ("open", []),
    ],
)
def test_a_secret_that_is_not_mounted_has_no_variable(helm3, secured, name, names):
    (container,) = gateways(helm3.template(secured[name]))
    assert list(files_of(container)) == names


ENVIRONMENTS = {
    "null": None,
    "empty": {},
    "nulls": dict.fromkeys(FILES),
    "one null": {"WINGS_API_KEYS_FILE": None},
    "carried over": FILES,
}
"""Older charts have the files in gateway.env; a values file may delete them."""
EMPTY = {
    "networkPolicy": {"clients": None},
    "service": {"annotations": None},
    "pod": {"annotations": None},
    "engine": {"args": None},
}


def test_no_variable_of_values_moves_a_file(helm, secured, tmp_path):
    """What is empty may be deleted, too."""
    names = ("pods", "door")
    rows = {name: (secured[name], {}) for name in names}
    rows |= {
        f"{name}, {what}": (secured[name], {"gateway": {"env": env}})
        for name in names
        for what, env in ENVIRONMENTS.items()
    }
    rows["pods, empty parts"] = secured["pods"], EMPTY
    found = Umbrella(tmp_path, rows).manifests(helm)
    assert all("WINGS_TLS_KEY_FILE" in "".join(found[name]) for name in names)
    changed = [row for row, documents in found.items() if documents != found[row.split(",")[0]]]
    assert changed == []


def test_no_variable_of_values_moves_a_file_of_a_group(helm, secured):
    """Each in a run of its own, for a group's hash knows the name of its chart."""
    chart = secured["group"]
    untouched = helm.render(chart).manifests
    found = {
        what: helm.render(chart, "-f", "-", stdin=json.dumps({"gateway": {"env": env}})).manifests
        for what, env in ENVIRONMENTS.items()
    }
    assert [what for what, manifests in found.items() if manifests != untouched] == []


@pytest.mark.parametrize("name", SECURED)
def test_the_values_of_an_older_chart_are_enough(helm, secured, tmp_path, name):
    """With --reuse-values they take the place of the new chart's own."""
    chart = shutil.copytree(secured[name], tmp_path / name)
    values = YAML(typ="safe").load(chart / "values.yaml")
    values["gateway"]["env"] |= FILES
    (chart / "values.yaml").write_text(json.dumps(values))
    assert helm.render(chart).manifests == helm.render(secured[name]).manifests


def test_a_null_is_no_variable(helm, secured):
    """Also of a variable that the chart has no default of."""
    values = json.dumps({"gateway": {"env": {"ZED": None, "NEW": None}}})
    manifests = helm.render(secured["open"], "-f", "-", stdin=values).manifests
    assert not {'"ZED"', '"NEW"'} & set(manifests.split())


DELETED = [
    ("pods", "gateway.auth"),
    ("pods", "gateway.auth.secret"),
    ("pods", "gateway.auth.secret.key"),
    ("pods", "gateway.tls"),
    ("pods", "gateway.tls.secretName"),
    ("pods", "networkPolicy"),
    ("pods", "networkPolicy.enabled"),
    ("named", "networkPolicy.clients"),
    ("named", "service.annotations"),
    ("named", "pod.annotations"),
    ("named", "ingress.tls"),
    ("named", "ingress.annotations"),
    ("door", "networkPolicy.scalers"),
    ("pods", "podDisruptionBudget.enabled"),
    ("pods", "podDisruptionBudget.maxUnavailable"),
    ("pods", "pod.securityContext"),
    ("door", "frontDoor.pod.securityContext"),
    ("group", "roles.worker.pod.securityContext"),
    ("pods", "engine.env"),
    ("pods", "model.source.huggingface"),
    ("pods", "model.source.huggingface.cache.ephemeral"),
    ("group", "roles.worker.engine"),
    ("pods", "service.type"),
    ("pods", "probes.readiness"),
    ("pods", "pod.labels"),
    ("pods", "labels"),
]


MOVED = [
    ("pods", "gateway.env.WINGS_API_KEYS_FILE", ""),
    ("pods", "gateway.env.WINGS_API_KEYS_FILE", "/tmp/none"),
    ("pods", "gateway.env.WINGS_TLS_KEY_FILE", {"expand": "$(POD_IP)"}),
    ("door", "frontDoor.env.WINGS_API_KEYS_FILE", ""),
    ("door", "frontDoor.env.WINGS_TLS_CERT_FILE", "/wings-tls/tls.crt"),
    ("keys-alone", "gateway.env.WINGS_TLS_CERT_FILE", "/wings-tls/tls.crt"),
    ("open", "gateway.env.WINGS_API_KEYS_FILE", "/wings-auth/keys"),
]


def test_what_protects_cannot_be_deleted_and_no_value_names_another_file(helm, secured, tmp_path):
    rows = {
        f"{name}: {path}={value!r}": (secured[name], nested(path, value), path)
        for name, path, value in [*((name, path, None) for name, path in DELETED), *MOVED]
    }
    assert len(rows) == len(DELETED) + len(MOVED)
    assert unblamed(helm, tmp_path, rows) == {}


def nested(path, value):
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


def test_a_demand_that_no_peer_may_read_is_read_by_none(helm, secured):
    """A rule of a NetworkPolicy that names no peer admits all of them."""
    for chart, values in (("unread", {}), ("door", {"networkPolicy": {"scalers": []}})):
        objects = helm.template(secured[chart], "-f", "-", stdin=json.dumps(values))
        rules = pick(objects, "NetworkPolicy", "demo-door")["spec"]["ingress"]
        assert rules == [{"ports": [{"port": "http"}]}]
