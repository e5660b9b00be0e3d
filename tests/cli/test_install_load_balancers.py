"""`wingsctl install --wait` of a Service of type LoadBalancer: what serves counts, no address."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Outcome
from tests.support.processes import ROOT, FakeHelm, fake_helm, fake_kubectl

MINIMAL = ROOT / "examples" / "minimal.wings.yaml"
IMAGE = ("--gateway-image", "registry.example/wings-infer:0.1.0")
BALANCED = ("--set", "service.type=LoadBalancer")
ROLLOUT = "rollout status deployment/chat --timeout="
NOT_READY = f'case "$*" in *"{ROLLOUT}"*) echo "error: timed out" >&2; exit 1 ;; esac'
GONE = '{"kind": "List", "items": []}'
LEFT_ALONE = "chat stays as it is; helm lists it as deployed, since kubectl waited"


def service(*ingress: dict[str, str]) -> str:
    ports = [{"port": 9000, "nodePort": 31080}]
    return json.dumps({
        "kind": "Service", "metadata": {"name": "chat"}, "spec": {"ports": ports},
        "status": {"loadBalancer": {"ingress": list(ingress)} if ingress else {}},
    })  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Callable[..., None]:
    """A kubectl that knows the Service, and of which every rollout is done."""

    def make(*ingress: dict[str, str], does: str = "") -> None:
        answers = {
            "auth can-i": "", ROLLOUT: "successfully rolled out\n",
            "get service chat": service(*ingress), "get deployment/": GONE,
            "get replicaset": GONE,
        }  # fmt: skip
        fake_kubectl(tmp_path / "bin", answers, does=does)

    make()
    return make


@pytest.fixture
def helm(tmp_path: Path) -> FakeHelm:
    return fake_helm(tmp_path / "bin")


@pytest.fixture
def install(beside_fakes, tmp_path: Path, helm: FakeHelm, cluster) -> Callable[..., Outcome]:
    """Installs by the fakes."""

    def run(*arguments: str, source: Path = MINIMAL, **env: str) -> Outcome:
        done = beside_fakes(
            "install", source,
            "--output-dir", tmp_path / "out", "--helm", helm.path, "-n", "llm", *IMAGE,
            *BALANCED, *arguments, **env,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return done

    return run


def shown(text: str) -> list[list[str]]:
    """The words of the commands that were shown."""
    return [line[2:].split() for line in text.splitlines() if line.startswith("+ ")]


def after(tmp_path: Path, *revisions: tuple[int, str]) -> str:
    """What a helm does whose upgrade makes this history."""
    entries = [{"revision": number, "status": status} for number, status in revisions]
    (tmp_path / "after").write_text(json.dumps(entries), encoding="utf-8")
    return f'[ "$1" != upgrade ] || cp {tmp_path}/after {tmp_path}/bin/helm.history'


@pytest.mark.parametrize("option", ["--wait", "--rollback-on-failure"])
def test_what_serves_is_enough(option, install, helm, tmp_path):
    done = install(option)
    assert done.code == 0, done.stderr
    assert "warning: service.type: is LoadBalancer, but Service chat has no external" in done.stderr
    forward = "kubectl -n llm port-forward service/chat 9000:9000"
    assert f"    until then: port 31080 of any node, or {forward}\n" in done.stderr
    (upgrade,) = helm.calls
    assert not {"--wait", "--atomic"} & set(upgrade)
    first, second = shown(done.stderr)
    assert first[1:] == upgrade
    seconds = upgrade[upgrade.index("--timeout") + 1]
    assert second[1:] == f"-n llm rollout status deployment/chat --timeout={seconds}".split()
    assert " ".join(second[1:]) in (tmp_path / "bin" / "kubectl.calls").read_text("utf-8")
    assert "successfully rolled out" in done.stderr
    assert done.stdout == ""


def test_an_address_that_is_there_is_reported(install, cluster):
    cluster({"hostname": "lb.example"})
    done = install("--wait")
    assert done.code == 0
    assert done.stderr.endswith("service chat: address lb.example, port 9000\n")
    assert "warning" not in done.stderr


def test_json_carries_the_addresses_and_what_ran(install, cluster):
    envelope = json.loads(install("--wait", "--output", "json").stdout)
    address = {"service": "chat", "address": None, "port": 9000, "nodePort": 31080}
    assert envelope["data"]["addresses"] == [address]
    assert [each["path"] for each in envelope["problems"]] == ["service.type"]
    upgrade, rollout = envelope["data"]["commands"]
    assert upgrade == envelope["data"]["command"]
    assert ROLLOUT in rollout
    cluster({"ip": "203.0.113.7"})
    envelope = json.loads(install("--wait", "--output", "json").stdout)
    assert envelope["data"]["addresses"] == [{**address, "address": "203.0.113.7"}]
    assert envelope["problems"] == []


def test_helm_4_waits_for_no_address_and_goes_on_waiting(install, helm, tmp_path):
    fake_helm(tmp_path / "bin", "v4.3.1")
    done = install("--rollback-on-failure")
    assert done.code == 0
    assert "--rollback-on-failure" in helm.calls[0]
    assert len(shown(done.stderr)) == 1
    assert "has no external address yet" in done.stderr


@pytest.mark.parametrize("version", ["v3.17.3", "v4.3.1"])
def test_an_address_that_is_insisted_on_fails_but_never_rolls_back(
    version, install, helm, tmp_path
):
    fake_helm(tmp_path / "bin", version)
    done = install("--wait-address", "--rollback-on-failure", "--timeout", "1s")
    assert done.code == 6
    assert "error: Service chat got no external address in time\n" in done.stderr
    assert "  its pods are ready, and the release stays as it is\n" in done.stderr
    assert "  until then: port 31080 of any node" in done.stderr
    assert [call[0] for call in helm.calls] == ["upgrade"]


def test_an_address_that_is_insisted_on_and_comes(install, cluster, tmp_path):
    (tmp_path / "bin" / "none").write_text(service(), "utf-8")
    late = 'case "$*" in *"get service"*) [ ! -e none ] || { cat none; rm none; exit; } ;; esac'
    cluster({"ip": "203.0.113.7"}, does=f"cd ${{0%/*}}; {late}")
    done = install("--wait-address")
    assert done.code == 0, done.stderr
    assert "get service chat -o json" in done.stderr
    assert done.stderr.endswith("service chat: address 203.0.113.7, port 9000\n")


class TestPodsThatDoNotGetReady:
    @pytest.fixture(autouse=True)
    def not_ready(self, cluster):
        cluster(does=NOT_READY)

    def test_a_first_install_is_left_as_it_is(self, install, helm):
        done = install("--wait")
        assert done.code == 6
        assert "error: timed out\nerror: deployment/chat is not ready\n" in done.stderr
        assert f"  {LEFT_ALONE}\n" in done.stderr
        undo = f"  undo it: {helm.path} uninstall chat --namespace llm\n"
        assert done.stderr.endswith(undo)
        assert len(helm.calls) == 1

    def test_the_reasons_stand_below(self, install, cluster, tmp_path):
        pod = {
            "kind": "Pod", "metadata": {"name": "chat-1"}, "spec": {"containers": []},
            "status": {"conditions": [
                {"type": "PodScheduled", "status": "False", "message": "Insufficient GPU"}
            ]},
        }  # fmt: skip
        answers = {"auth can-i": "", "get replicaset": json.dumps({"items": [pod]})}
        fake_kubectl(tmp_path / "bin", {**answers, "get deployment/": GONE}, does=NOT_READY)
        envelope = json.loads(install("--wait", "--output", "json").stdout)
        hint = envelope["error"]["hint"].splitlines()
        assert hint[:2] == ["error: timed out", "pod chat-1: no node takes it: Insufficient GPU"]
        assert envelope["error"]["exitCode"] == 6

    def test_a_first_install_is_uninstalled_where_it_is_wanted(self, install, helm, tmp_path):
        fake_helm(tmp_path / "bin", does=after(tmp_path, (1, "deployed")))
        done = install("--rollback-on-failure")
        assert done.code == 6
        assert helm.calls[1:] == [["uninstall", "chat", "--namespace", "llm"]]
        assert done.stderr.endswith("  the first install of chat is uninstalled again\n")

    def test_an_upgrade_goes_back_to_what_served(self, install, helm, tmp_path):
        before = [(1, "superseded"), (2, "deployed"), (3, "failed")]
        manifest = "kind: Deployment\nmetadata: {name: old}\n"
        does = after(tmp_path, *before, (4, "deployed"))
        fake_helm(tmp_path / "bin", history=before, manifest=manifest, does=does)
        done = install("--rollback-on-failure")
        assert done.code == 6
        assert helm.calls[1:] == [["rollback", "chat", "2", "--namespace", "llm"]]
        assert [words[1:3] for words in shown(done.stderr)[2:]] == [
            ["rollback", "chat"],
            ["-n", "llm"],
        ]
        assert "rollout status deployment/old " in done.stderr
        assert (
            "  chat is rolled back to revision 2, but deployment/old is not ready\n" in done.stderr
        )

    @pytest.mark.parametrize(
        ("before", "made", "line"),
        [
            ([(1, "failed")], (2, "deployed"), "no earlier revision ever served"),
            ([(1, "deployed")], (2, "superseded"), "revision 3 is not ours"),
        ],
    )
    def test_what_cannot_be_taken_back_is_reported(
        self, before, made, line, install, helm, tmp_path
    ):
        more = [(3, "deployed")] if "ours" in line else []
        does = after(tmp_path, *before, made, *more)
        fake_helm(tmp_path / "bin", history=before, does=does)
        done = install("--rollback-on-failure")
        assert line in done.stderr
        assert len(helm.calls) == 1


@pytest.mark.parametrize("made", [True, False])
def test_a_helm_that_fails_by_itself_is_taken_back_too(made, install, helm, tmp_path):
    before = [(1, "deployed")]
    does = after(tmp_path, *before, *([(2, "failed")] if made else []))
    manifest = "kind: Deployment\nmetadata: {name: chat}\n"
    fails = f'{does}\n[ "$1" != upgrade ] || exit 1'
    fake_helm(tmp_path / "bin", history=before, manifest=manifest, does=fails)
    done = install("--rollback-on-failure")
    assert done.code == 6
    assert "error: helm ended with status 1\n" in done.stderr
    assert [call[0] for call in helm.calls] == (["upgrade", "rollback"] if made else ["upgrade"])


class TestWhereHelmHasToWait:
    WARNING = (
        "warning: service.type: is LoadBalancer: helm 3 waits until it has an external address"
    )

    def test_without_kubectl(self, install, helm, tmp_path):
        (tmp_path / "bin" / "kubectl").unlink()
        helm.path.write_text(helm.path.read_text("utf-8").replace("cat ", "/bin/cat "), "utf-8")
        path = str(tmp_path / "bin")
        done = install("--rollback-on-failure", PATH=path)
        assert done.code == 0, done.stderr
        assert f"{self.WARNING}, and rolls back if none comes in time\n" in done.stderr
        assert "    wingsctl cannot wait instead of it: kubectl is not on PATH\n" in done.stderr
        assert "--atomic" in helm.calls[0]
        done = install("--wait-address", PATH=path)
        assert done.code == 6
        assert "error: --wait-address needs kubectl" in done.stderr
        assert len(helm.calls) == 1

    def test_with_variables_that_lead_helm_elsewhere(self, install, helm):
        done = install("--wait", HELM_KUBEAPISERVER="https://elsewhere.example")
        assert f"{self.WARNING}, and fails if none comes in time\n" in done.stderr
        assert "--wait" in helm.calls[0]

    def test_where_kubectl_may_not_watch(self, install, cluster, helm):
        cluster(does='case "$*" in *"auth can-i watch deployments.apps"*) exit 1 ;; esac')
        assert "kubectl may not watch Deployments" in install("--wait").stderr
        assert "--wait" in helm.calls[0]

    def test_for_hooks_that_need_what_is_ready(self, install, helm, beside_fakes, tmp_path):
        beside_fakes("render", MINIMAL, "--output-dir", tmp_path / "charts")
        chart = tmp_path / "charts" / "chat"
        hook = 'kind: Job\nmetadata: {name: warm, annotations: {"helm.sh/hook": "%s"}}\n'
        (chart / "templates" / "own.yaml").write_text(hook % "pre-install", "utf-8")
        assert self.WARNING not in install("--wait", source=chart).stderr
        (chart / "templates" / "own.yaml").write_text(hook % "test,post-upgrade", "utf-8")
        assert "hooks that run after helm's own wait" in install("--wait", source=chart).stderr
        assert ["--wait" in call for call in helm.calls] == [False, True]


def test_a_dry_run_is_left_to_helm(install, helm):
    done = install("--wait", "--dry-run", "server")
    assert done.code == 0
    assert "--wait" in helm.calls[0]
    assert len(shown(done.stderr)) == 1


def test_other_services_are_left_to_helm(install, helm):
    assert install("--wait", "--set", "service.type=NodePort").code == 0
    assert "--wait" in helm.calls[0]


def test_an_interrupt_leaves_the_release_and_names_the_commands(install, cluster, helm, tmp_path):
    history: list[Any] = [(1, "deployed")]
    fake_helm(tmp_path / "bin", history=history)
    cluster(does=f'case "$*" in *"{ROLLOUT}"*) touch {tmp_path}/waits; exec sleep 120 ;; esac')
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from wingsctl.__main__ import main; sys.exit(main())"
    )
    command = [
        sys.executable, "-c", start, "install", MINIMAL, "--output-dir",
        tmp_path / "out", "--helm", helm.path, "-n", "llm", *IMAGE, *BALANCED,
        "--rollback-on-failure",
    ]  # fmt: skip
    path = f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PATH": path}
    )
    try:
        while not (tmp_path / "waits").exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "error: interrupted; release chat is left as it is\n" in errors
    assert f"  wait on: {tmp_path}/bin/kubectl -n llm {ROLLOUT}" in errors
    assert "  look at it: kubectl -n llm get pods -l app.kubernetes.io/instance=chat\n" in errors
    assert f"  undo it: {helm.path} rollback chat 1 --namespace llm\n" in errors
    assert len(helm.calls) == 1
