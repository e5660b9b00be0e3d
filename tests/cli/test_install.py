"""`wingsctl install`: which helm, the exact command, and what it says about it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.processes import FakeHelm, fake_helm, run_program
from wingsctl.adapters.helm import find_helm
from wingsctl.errors import ToolError

IMAGE = ("--gateway-image", "registry.example/wings-infer:0.1.0")
ALL_OPTIONS = [
    "--release", "demo", "-n", "llm", "--kube-context", "staging", "--timeout", "5m",
    "-f", "a.yaml", "--values", "b.yaml", "--set", "replicas=2", "--set", "service.port=80",
    "--set-string", "a=1", "--set-json", "b={}", "--set-file", "c=d", "--create-namespace",
    "--wait", "--rollback-on-failure", "--dry-run", "server",
]  # fmt: skip


def expected_vector(chart: Path, rollback: str) -> list[str]:
    return [
        "upgrade", "--install", "demo", str(chart), "--namespace", "llm", "--kube-context",
        "staging", "--timeout", "5m", "--values", "a.yaml", "--values", "b.yaml", "--set",
        "replicas=2", "--set", "service.port=80", "--set-string", "a=1", "--set-json", "b={}",
        "--set-file", "c=d", "--create-namespace", "--wait", rollback, "--dry-run=server",
    ]  # fmt: skip


@pytest.fixture
def minimal(examples: Path) -> Path:
    return examples / "minimal.wings.yaml"


@pytest.fixture
def helm(tmp_path: Path) -> FakeHelm:
    return fake_helm(tmp_path / "bin")


@pytest.fixture
def install(wingsctl, helm, minimal, tmp_path):
    """Installs the minimal example by the fake helm: install("--wait")."""

    def run(*arguments: object, source: object = minimal):
        return wingsctl(
            "install", source, "--output-dir", tmp_path / "out", "--helm", helm.path, *arguments
        )

    return run


@pytest.mark.parametrize(
    ("version", "rollback"),
    [
        ("v3.17.0", "--atomic"), ("v3.19.2+g8766e71", "--atomic"),
        ("v4.0.0", "--rollback-on-failure"), ("v4.2.1", "--rollback-on-failure"),
        ("v4.3", "--rollback-on-failure"),
    ],
)  # fmt: skip
def test_every_option_reaches_helm(version, rollback, wingsctl, minimal, tmp_path):
    helm = fake_helm(tmp_path / "bin", version)
    place = ("--output-dir", tmp_path / "out", "--helm", helm.path)
    outcome = wingsctl("install", minimal, *place, *IMAGE, *ALL_OPTIONS)
    assert outcome.code == 0, outcome.stderr
    vector = expected_vector(tmp_path / "out" / "chat", rollback)
    assert helm.arguments == vector
    shown = " ".join(vector).replace("b={}", "'b={}'")
    assert outcome.stderr.endswith(f"\n+ {helm.path} {shown}\n")


def test_nothing_is_added_that_was_not_asked_for(install, helm, tmp_path):
    assert install().code == 0
    assert helm.arguments == ["upgrade", "--install", "chat", f"{tmp_path}/out/chat"]
    assert (tmp_path / "out" / "chat" / "Chart.yaml").is_file()


@pytest.mark.parametrize("mode", ["client", "server"])
def test_dry_run(mode, install, helm):
    install("--dry-run", mode)
    assert helm.arguments is not None
    assert helm.arguments[-1] == f"--dry-run={mode}"


def test_a_bare_dry_run_is_one_of_the_client(install, helm):
    install("--dry-run", "-n", "llm")
    assert helm.arguments is not None
    assert helm.arguments[-1] == "--dry-run=client"


def test_wait_gets_the_time_out_of_the_plan(install, helm, wingsctl, minimal):
    install("--wait")
    plan = json.loads(wingsctl("plan", minimal, "--output", "json").stdout)["data"][0]
    values = {each["key"]: each["value"] for each in plan["decisions"]}
    assert helm.arguments is not None
    assert helm.arguments[4:] == ["--timeout", f"{values['time.helmTimeoutSeconds']}s", "--wait"]


class TestWhichHelm:
    @pytest.mark.parametrize("version", ["v3.16.4", "v3.9.0", "v2.17.0"])
    def test_an_old_one_is_refused(self, version, wingsctl, minimal, tmp_path):
        helm = fake_helm(tmp_path / "bin", version)
        outcome = wingsctl(
            "install", minimal, "--output-dir", tmp_path / "out", "--helm", helm.path
        )
        assert outcome.code == 6
        assert outcome.stderr == (
            f"error: {helm.path} is helm {version[1:]}; 3.17 or later is needed\n"
            "  name another with --helm or HELM_BIN\n"
            "  in a clone of wingsctl, pip install '.[helm]' brings one along\n"
        )
        assert helm.arguments is None
        assert not (tmp_path / "out").exists()

    def test_something_else_is_refused(self, wingsctl, minimal, tmp_path):
        helm = fake_helm(tmp_path / "bin", "Helm, the editor")
        outcome = wingsctl("install", minimal, "--helm", helm.path)
        assert outcome.code == 6
        assert outcome.stderr == f"error: {helm.path} does not answer like helm\n"

    def test_a_missing_one_is_named(self, wingsctl, minimal, tmp_path):
        outcome = wingsctl("install", minimal, "--helm", tmp_path / "none")
        assert outcome.code == 6
        assert outcome.stderr == f"error: cannot run {tmp_path}/none: no such file or directory\n"

    def test_one_that_may_not_be_run(self, wingsctl, minimal, tmp_path):
        (tmp_path / "helm").write_text("#!/bin/sh\n")
        outcome = wingsctl("install", minimal, "--helm", tmp_path / "helm")
        assert outcome.code == 6
        assert outcome.stderr == f"error: cannot run {tmp_path}/helm: permission denied\n"

    def test_the_option_then_the_variable_then_the_path_then_the_extra(self, tmp_path):
        places = {
            name: fake_helm(tmp_path / name) for name in ("option", "variable", "path", "extra")
        }
        paths = {name: str(helm.path) for name, helm in places.items()}
        scripts = tmp_path / "extra"
        path, variable = {"PATH": str(tmp_path / "path")}, {"HELM_BIN": paths["variable"]}
        nowhere = {"PATH": str(tmp_path / "nowhere")}
        every = {**path, **variable}
        assert find_helm(paths["option"], every, scripts=scripts).path == paths["option"]
        assert find_helm(None, every, scripts=scripts).path == paths["variable"]
        assert find_helm(None, path, scripts=scripts).path == paths["path"]
        assert find_helm(None, nowhere, scripts=scripts).path == paths["extra"]

    def test_none_at_all(self, tmp_path):
        with pytest.raises(ToolError, match="helm is not installed") as caught:
            find_helm(None, {"PATH": str(tmp_path)}, scripts=tmp_path)
        assert "--helm" in caught.value.hint
        assert caught.value.exit_code == 6

    def test_the_variable_is_read(self, beside_fakes, minimal, tmp_path):
        fakes = {name: fake_helm(tmp_path / name) for name in ("bin", "named")}
        done = beside_fakes(
            "install", minimal, "--output-dir", tmp_path / "out", HELM_BIN=str(fakes["named"].path)
        )
        assert done.code == 0, done.stderr
        assert fakes["named"].arguments
        assert fakes["bin"].arguments is None


class TestSecrets:
    TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWx"

    def test_one_is_masked_but_passed_on(self, install, helm):
        outcome = install("--set", f"engine.env.TOKEN={self.TOKEN}")
        assert self.TOKEN not in outcome.stdout + outcome.stderr
        assert "--set engine.env.TOKEN=***" in outcome.stderr
        assert helm.arguments is not None
        assert f"engine.env.TOKEN={self.TOKEN}" in helm.arguments

    def test_json_masks_it_too(self, install):
        outcome = install("--set-string", f"x={self.TOKEN}", "--output", "json")
        assert self.TOKEN not in outcome.stdout + outcome.stderr
        assert "x=***" in json.loads(outcome.stdout)["data"]["command"]

    @pytest.mark.parametrize(
        "setting",
        ["engine.env.HF_TOKEN=swordfish", "a=1,gateway.env.DB_PASSWORD=swordfish,b=2",
         "engine.env.API_KEY.value=swordfish"],
    )  # fmt: skip
    def test_a_name_gives_one_away(self, setting, install, helm):
        outcome = install("--set", setting)
        assert "swordfish" not in outcome.stderr
        assert helm.arguments is not None
        assert setting in helm.arguments


class TestRenderedChart:
    @pytest.fixture
    def chart(self, wingsctl, minimal, tmp_path) -> Path:
        assert wingsctl("render", minimal, "--output-dir", tmp_path / "charts").code == 0
        return tmp_path / "charts" / "chat"

    def test_is_installed_as_it_is(self, install, chart, helm, tmp_path):
        assert install(source=chart).code == 0
        assert helm.arguments == ["upgrade", "--install", "chat", str(chart)]
        assert not (tmp_path / "out").exists()

    def test_knows_its_time_out(self, install, chart, helm):
        install("--wait", source=chart)
        assert helm.arguments is not None
        assert re.fullmatch(r"\d+s", helm.arguments[5])

    def test_a_directory_that_is_none(self, install, helm, tmp_path):
        (tmp_path / "empty").mkdir()
        outcome = install(source=tmp_path / "empty")
        assert outcome.code == 3
        assert outcome.stderr == (
            f"error: {tmp_path}/empty is a directory without Chart.yaml\n"
            "  give a profile (*.wings.yaml) or the directory of a rendered chart\n"
        )
        assert helm.arguments is None

    @pytest.mark.parametrize("text", ["- a\n", "name: [\n", "", "version: 1\n", "name: 3\n"])
    def test_one_with_a_broken_chart_yaml(self, text, install, chart, helm):
        (chart / "Chart.yaml").write_text(text)
        outcome = install(source=chart)
        assert outcome.code == 3
        assert (
            outcome.stderr.startswith(f"{chart}/Chart.yaml:1:1: ")
            or "Chart.yaml:" in outcome.stderr
        )
        assert helm.arguments is None

    @pytest.mark.parametrize(
        "text", ["gateway: 3\n", "- a\n", "gateway: {image: {repository: 1}}\n"]
    )
    def test_one_with_odd_values_is_left_to_helm(self, text, install, chart, helm):
        (chart / "values.yaml").write_text(text)
        assert install(source=chart).code == 0
        assert helm.arguments


class TestGatewayImage:
    WARNING = "warning: gateway.image.repository: is the bare default wings-infer"

    def test_the_bare_default_is_warned_about(self, install):
        assert self.WARNING in install().stderr

    @pytest.mark.parametrize(
        "arguments",
        [
            IMAGE, ("--set", "gateway.image.repository=a/b"),
            ("--set", "x=1,gateway.image.repository=a/b"),
            ("--set-json", 'gateway={"image":{"repository":"a/b"}}'), ("-f", "site.yaml"),
        ],
    )  # fmt: skip
    def test_one_that_is_named_is_not(self, arguments, install):
        assert self.WARNING not in install(*arguments).stderr

    def test_the_variable_names_it(self, beside_fakes, helm, minimal, tmp_path):
        done = beside_fakes(
            "install", minimal, "--output-dir", tmp_path / "out", "--helm", helm.path,
            WINGSCTL_GATEWAY_IMAGE="registry.example/wings-infer",
        )  # fmt: skip
        assert done.code == 0, done.stderr
        assert self.WARNING not in done.stderr


def test_a_failing_helm_ends_with_6_and_leaves_the_chart(wingsctl, minimal, tmp_path):
    helm = fake_helm(tmp_path / "bin", does="exit 3")
    outcome = wingsctl(
        "install", minimal, "--output-dir", tmp_path / "out", "--helm", helm.path, *IMAGE
    )
    assert outcome.code == 6
    assert outcome.stderr.endswith(
        "error: helm ended with status 3\n  its own message stands above\n"
    )
    assert (tmp_path / "out" / "chat" / "Chart.yaml").is_file()


def test_a_broken_profile_runs_no_helm(install, helm):
    outcome = install(source="no-such.wings.yaml")
    assert outcome.code == 3
    assert "no-such.wings.yaml:1:1: no such file or directory" in outcome.stderr
    assert helm.arguments is None


def test_helm_writes_to_our_own_output(minimal, tmp_path):
    helm = fake_helm(tmp_path / "bin", does="echo deployed; echo careful >&2")
    done = run_program(
        "install", minimal, "--output-dir", tmp_path / "out", "--helm", helm.path, *IMAGE
    )
    assert done.stdout == "deployed\n"
    assert done.stderr == f"+ {helm.path} upgrade --install chat {tmp_path}/out/chat\ncareful\n"
