"""`wingsctl pause` and `resume`: annotations on what KEDA reads, by a kubectl that answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import fake_kubectl
from wingsctl.adapters.kubectl import Kubectl
from wingsctl.adapters.process import Finished
from wingsctl.errors import ToolError

KEY = "autoscaling.keda.sh/paused"


def scaled(name: str, **annotations: str) -> dict[str, Any]:
    keys = {key.replace("_", "-"): value for key, value in annotations.items()}
    told = {f"autoscaling.keda.sh/{key}": value for key, value in keys.items()}
    return {"kind": "ScaledObject", "metadata": {"name": name, "annotations": told}}


@pytest.fixture
def keda(beside_fakes, tmp_path: Path):
    """Runs wingsctl beside a kubectl that knows these objects."""

    def run(*arguments: str, objects: list[dict[str, Any]] | None = None, annotates: bool = True):
        answers = {"get scaledobjects.keda.sh": json.dumps({"items": objects or []})}
        if annotates:
            answers["annotate"] = ""
        fake_kubectl(tmp_path / "bin", answers)
        return beside_fakes(*arguments)

    return run


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "bin" / "kubectl.calls").read_text().splitlines()


def test_pause_annotates_every_group_at_once(keda, tmp_path):
    done = keda("pause", "chat", "-n", "llm", objects=[scaled("chat-0"), scaled("chat-1")])
    assert done.code == 0, done.stderr
    assert done.stdout == "chat-0: paused\nchat-1: paused\n"
    command = f"annotate --overwrite scaledobjects.keda.sh chat-0 chat-1 {KEY}=true"
    assert done.stderr == f"+ kubectl -n llm {command}\n"
    asked, changed = calls(tmp_path)
    assert asked.endswith("-l app.kubernetes.io/instance=chat -o json")
    assert changed == f"-n llm --request-timeout=15s {command}"


def test_resume_removes_what_pauses(keda, tmp_path):
    objects = [scaled("chat-0", paused="true"), scaled("chat-1", paused_replicas="2")]
    done = keda("resume", "chat", "--kube-context", "prod", objects=objects)
    assert done.stdout == "chat-0: resumed\nchat-1: resumed\n"
    assert calls(tmp_path)[-1] == (
        "--context prod --request-timeout=15s annotate --overwrite scaledobjects.keda.sh "
        f"chat-0 chat-1 {KEY}- {KEY}-replicas-"
    )


def test_what_is_so_already_is_left_alone(keda, tmp_path):
    objects = [scaled("chat", paused="TRUE"), scaled("other", paused="false")]
    done = keda("pause", "chat", objects=objects)
    assert done.stdout == "chat: was paused before\nother: paused\n"
    assert calls(tmp_path)[-1].endswith(f"scaledobjects.keda.sh other {KEY}=true")
    done = keda("resume", "chat", objects=[scaled("chat", paused="false")])
    assert (done.stdout, done.stderr) == ("chat: was resumed before\n", "")
    assert "annotate" not in calls(tmp_path)[-1]


def test_json(keda):
    done = keda("pause", "chat", "--output", "json", objects=[scaled("chat")])
    told = json.loads(done.stdout)
    assert (told["command"], told["ok"]) == ("pause", True)
    assert told["data"]["scaledObjects"] == [{"name": "chat", "paused": True, "changed": True}]
    assert told["data"]["command"].startswith("kubectl annotate")
    assert done.stderr == ""


def test_a_release_without_autoscaling(keda):
    done = keda("pause", "chat", "-n", "llm")
    assert done.code == 6
    assert done.stderr.startswith("error: release chat has no ScaledObject in llm\n  name its")


def test_a_kubectl_that_fails(keda):
    done = keda("pause", "chat", objects=[scaled("chat")], annotates=False)
    assert done.code == 6
    assert done.stderr == "error: kubectl could not annotate: nothing known\n"


def test_without_kubectl(beside_fakes, tmp_path):
    done = beside_fakes("resume", "chat", PATH=str(tmp_path))
    assert done.code == 6
    assert "kubectl is not on PATH" in done.stderr


@pytest.mark.parametrize("answer", ["[" * 100_000, "[]", '{"items": [1]}', '{"items": [{}]}'])
def test_an_answer_that_is_no_list_of_objects(answer):
    def kubectl(command, **_):
        return Finished(0, answer, "")

    with pytest.raises(ToolError, match="does not answer with a list of objects"):
        Kubectl("kubectl", run=kubectl).read(["pods"])
