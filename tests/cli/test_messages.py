"""What people mistype, and the answer that ends the search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import ROOT
from tests.support.rows import check_rows
from wingsctl.cli.root import HABITS

MINIMAL = (ROOT / "examples" / "minimal.wings.yaml").read_text("utf-8")
SCALED = "autoscaling: {min: 0, max: 2, cooldownSeconds: %s}\n"
MANIFEST = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {replicas: 1}\n"
ANSWERS: dict[str, tuple[str, list[str]]] = {
    "a manifest": (
        MANIFEST,
        ["2:1: kind: is an object of Kubernetes, not a profile", "wingsctl: v1"],
    ),
    "a key of a section, in another spelling": (
        MINIMAL + "max_length: 1\n",
        ["did you mean model.maxLength?"],
    ),
    "no version": (
        MINIMAL + "autoscaling: {min: 1, max: 2, kedaVersion: new}\n",
        ["kedaVersion: must be a version such as 2.20 or 2.20.1, not 'new'"],
    ),
    "a name in place of an object": (
        MINIMAL + "pod: {imagePullSecrets: [regcred]}\n",
        ["must be a mapping, not 'regcred'", "write {name: ...}"],
    ),
    "a key without a value": (
        MINIMAL.replace("accelerator: nvidia-l4", "accelerator:"),
        ["accelerator: must be a mapping, not empty", "give it a value"],
    ),
    "a cooldown that is too short for two reasons": (
        MINIMAL + SCALED % 10,
        ["raise it to at least 466, or leave it out", "raise it to at least 466, or lower"],
    ),
    "a poll that is too long": (
        MINIMAL + SCALED % "600, pollingSeconds: 3600",
        ["raise it to at least 3666, or lower autoscaling.pollingSeconds"],
    ),
}


def test_the_answer_is_in_the_message(wingsctl, tmp_path):
    def check(name: str) -> Iterator[str]:
        text, expected = ANSWERS[name]
        path = tmp_path / "a.wings.yaml"
        path.write_text(text, encoding="utf-8")
        outcome = wingsctl("validate", path)
        if outcome.code not in (3, 4):
            yield f"ends with {outcome.code}"
        yield from (f"lacks {words!r}" for words in expected if words not in outcome.stderr)

    check_rows(ANSWERS, check)


def test_one_line_for_a_manifest(wingsctl, tmp_path):
    path = tmp_path / "deployment.yaml"
    path.write_text(MANIFEST, encoding="utf-8")
    assert len(wingsctl("validate", path).stderr.splitlines()) == 3


@pytest.mark.parametrize("verb", HABITS)
def test_a_verb_of_another_command_line_is_answered(verb, wingsctl):
    outcome = wingsctl(verb, "x")
    assert outcome.code == 2
    assert f"there is no {verb!r} here; use {HABITS[verb]}" in " ".join(outcome.stderr.split())


def test_the_version_has_a_short_form(wingsctl):
    assert wingsctl("-V").stdout == wingsctl("--version").stdout


def test_a_file_that_is_not_there_is_no_wrong_profile(wingsctl):
    outcome = wingsctl("validate", "none.wings.yaml", "/nowhere")
    assert outcome.code == 3
    assert "error: cannot read /nowhere, none.wings.yaml\n" in outcome.stderr


def test_validate_is_as_certain_as_plan(wingsctl, tmp_path):
    path = tmp_path / "a.wings.yaml"
    many = "engine: {name: vllm, args: {max-num-seqs: 100000}}"
    path.write_text(MINIMAL.replace("engine: vllm", many), encoding="utf-8")
    assert wingsctl("plan", path).stdout.startswith("chat: uncertain\n")
    expected = f"{path}: ok, but its memory is uncertain (wingsctl plan)\n"
    assert wingsctl("validate", path).stdout == expected


def test_the_reason_of_a_helm_that_does_not_answer_comes_last(wingsctl, tmp_path):
    helm = tmp_path / "helm"
    warning = "echo 'WARNING: Kubernetes configuration file is group-readable.' >&2\n"
    helm.write_text(f"#!/bin/sh\n{9 * warning}echo 'Error: the reason' >&2; exit 1\n")
    helm.chmod(0o755)
    outcome = wingsctl("install", ROOT / "examples/minimal.wings.yaml", "--helm", helm)
    assert outcome.code == 6
    assert outcome.stderr.endswith("  Error: the reason\n")


def test_a_number_is_searched_as_a_whole(wingsctl):
    lines = wingsctl("profiles", "list", "qwen", "7b", "--kind", "models").stdout.splitlines()[1:]
    names = [line.split()[1] for line in lines]
    assert "Qwen/Qwen2.5-7B-Instruct" in names
    assert not [name for name in names if "1.7B" in name or "27B" in name]


def test_a_place_that_cannot_be_written_has_a_remedy(wingsctl):
    example = ROOT / "examples" / "minimal.wings.yaml"
    outcome = wingsctl("render", example, "--output-dir", Path("/proc/charts"))
    assert outcome.code == 5
    assert outcome.stderr.endswith("  choose another directory with --output-dir\n")
