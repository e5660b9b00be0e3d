"""`install ... -- EXTRA`: what helm gets as it stands, and the values that an upgrade drops."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.support.processes import fake_helm
from tests.support.rows import check_rows

IMAGE = ("--gateway-image", "registry.example/wings-infer:0.1.0")
DROPPED = "warning: release chat has values of an earlier command that this one does not give"
KEEP = "--reset-then-reuse-values"
KEPT = {
    "replicas": 3,
    "engine": {"args": {"max-num-seqs": 64}, "env": {"HF_TOKEN": "hf_swordfish"}},
    "pod": {"tolerations": [{"key": "gpu"}]},
}


@pytest.fixture
def install(wingsctl, examples, tmp_path):
    """Installs the minimal example; `kept` are values of the release as it is."""

    def run(*arguments: object, kept: dict | None = None):
        released = {"history": [(1, "deployed")], "values": json.dumps(kept)} if kept else {}
        shutil.rmtree(tmp_path / "bin", ignore_errors=True)
        run.helm = fake_helm(tmp_path / "bin", **released)
        given = ["--output-dir", tmp_path / "out", "--helm", run.helm.path, *IMAGE, *arguments]
        return wingsctl("install", examples / "minimal.wings.yaml", *given)

    return run


def test_what_follows_two_dashes_goes_to_helm_unchanged(install):
    extra = ["--take-ownership", "--description", "two words", "--set-literal", "a=--wait"]
    outcome = install("--set", "replicas=2", "--", *extra)
    assert outcome.code == 0, outcome.stderr
    assert install.helm.arguments[4:] == ["--set", "replicas=2", *extra]
    shown = "--take-ownership --description 'two words' --set-literal a=--wait\n"
    assert outcome.stderr.endswith(f" --set replicas=2 {shown}")


def test_nothing_may_follow(install):
    assert install("--").code == 0
    assert install.helm.arguments[4:] == []


@pytest.mark.parametrize(
    "secret", [["--set-literal", "x.token=swordfish"], ["--password", "swordfish"],
               ["--password=swordfish"], ["--password", "swordfish of two"]],
)  # fmt: skip
def test_secrets_in_it_are_masked_but_passed_on(secret, install):
    outcome = install("--", *secret)
    assert "swordfish" not in outcome.stdout + outcome.stderr
    assert install.helm.arguments[-len(secret) :] == secret


REFUSED = {
    "-n llm": "give -n before --",
    "-nllm": "give -n before --",
    "--namespace=llm": "give --namespace before --",
    "--set a=1": "give --set before --",
    "-f a.yaml": "give -f before --",
    "--timeout 5m": "give --timeout before --",
    "--wait": "give --wait before --",
    "--atomic": "give --rollback-on-failure before --",
    "--dry-run": "give --dry-run before --",
    "-i": "wingsctl sets --install itself",
    "--kubeconfig x": "set KUBECONFIG",
    "--kube-token x": "set KUBECONFIG",
}


def test_what_wingsctl_sets_itself_is_refused_with_the_reason(wingsctl):
    def check(extra: str) -> Iterator[str]:
        outcome = wingsctl("install", "x", "--", "--debug", *extra.split())
        if outcome.code != 2:
            yield f"ends with {outcome.code}"
        if REFUSED[extra] not in " ".join(outcome.stderr.split()):
            yield outcome.stderr

    check_rows(REFUSED, check)


def test_values_that_helm_drops_are_named_but_not_shown(install):
    outcome = install("--set", "replicas=2", kept=KEPT)
    assert outcome.code == 0
    assert f"{DROPPED}, so helm drops them: " in outcome.stderr
    assert (
        "engine.args.max-num-seqs, engine.env.HF_TOKEN, pod.tolerations\n"
        f"    to keep them, add: -- {KEEP}\n"
    ) in outcome.stderr
    assert "swordfish" not in outcome.stderr


QUIET = {
    "no value at all": ([], KEPT),
    "no release": (["--set", "replicas=2"], None),
    "kept on purpose": (["--set", "replicas=2", "--", KEEP], KEPT),
    "dropped on purpose": (["--set", "replicas=2", "--", "--reset-values"], KEPT),
    "the same keys": (["--set", "replicas=2"], {"replicas": 3}),
    "a whole section": (["--set-json", 'engine={"args":null}'], {"engine": {"args": {"a": 1}}}),
    "no cluster": (["--set", "replicas=2", "--dry-run", "client"], KEPT),
}


def test_no_warning_where_nothing_is_dropped_unawares(install):
    def check(name: str) -> Iterator[str]:
        arguments, kept = QUIET[name]
        outcome = install(*arguments, kept=kept)
        if outcome.code or DROPPED in outcome.stderr:
            yield outcome.stderr

    check_rows(QUIET, check)


def test_the_time_out_counts_the_values_that_are_kept(install):
    """Twenty replicas take longer than one."""

    def seconds(*arguments: str) -> int:
        outcome = install("--wait", "--set", "engine.port=8001", *arguments, kept={"replicas": 20})
        assert outcome.code == 0, outcome.stderr
        given = install.helm.arguments
        return int(given[given.index("--timeout") + 1].removesuffix("s"))

    assert seconds("--", KEEP) > 5 * seconds()
