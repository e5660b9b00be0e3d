"""The kubectl binary: reading what became of a release, and annotating objects of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from wingsctl.adapters.process import Finished, Runner, run_process
from wingsctl.errors import ToolError

ANSWER_SECONDS = 20
_OTHER_PLACES = (
    "HELM_KUBEAPISERVER", "HELM_KUBETOKEN", "HELM_KUBECAFILE", "HELM_KUBEASUSER",
    "HELM_KUBEASGROUPS",
)  # fmt: skip
"""With one of these helm looks where kubectl does not."""
LOG_ATTEMPTS = 3


class Kubectl:
    """kubectl in one `place`: flags of a namespace and a context, else the kubeconfig's."""

    def __init__(self, path: str, place: Sequence[str] = (), run: Runner = run_process) -> None:
        self._run = run
        self._path = path
        self._place = place

    def shown(self, *arguments: str) -> str:
        """A command for people to run themselves."""
        return " ".join(["kubectl", *self._place, *arguments])

    def read(self, kinds: Sequence[str], *arguments: str) -> list[dict[str, Any]]:
        """The objects of these kinds; raises ToolError with kubectl's message."""
        done = self._run(self.read_command(kinds, *arguments), timeout_seconds=ANSWER_SECONDS)
        if done.status:
            lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
            raise ToolError(f"kubectl does not answer: {lines[-1]}")
        try:
            answer = json.loads(done.stdout)
            items = answer.get("items", [answer])
            return [{**each, "metadata": {**each["metadata"]}} for each in items]
        except (AttributeError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise ToolError("kubectl does not answer with a list of objects") from error

    def read_command(self, kinds: Sequence[str], *arguments: str) -> list[str]:
        """Prints the objects of these kinds as JSON."""
        return self._command("get", ",".join(kinds), *arguments, "-o", "json")

    def rollout_command(self, workload: str, seconds: int) -> list[str]:
        """Waits for a KIND/NAME until all its pods are new and ready."""
        return [
            self._path, *self._place, "rollout", "status", workload, f"--timeout={seconds}s",
        ]  # fmt: skip

    def bound_command(self, claim: str, seconds: int) -> list[str]:
        """Waits until a claim, persistentvolumeclaim/NAME, has its volume."""
        return [
            self._path, *self._place, "wait", claim,
            "--for=jsonpath={.status.phase}=Bound", f"--timeout={seconds}s",
        ]  # fmt: skip

    def may(self, verb: str, kind: str) -> bool:
        """Whether the cluster allows it."""
        return not self._ask("auth", "can-i", verb, kind, "--quiet").status

    def annotate(self, kind: str, names: Sequence[str], *annotations: str) -> None:
        """Set `KEY=VALUE`, remove `KEY-`; raises ToolError with kubectl's message."""
        done = self._ask(*annotate_words(kind, names, *annotations))
        if done.status:
            lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
            raise ToolError(f"kubectl could not annotate: {lines[-1]}")

    def last_lines(
        self, pod: str, container: str, count: int, *, of_the_run_before: bool = False
    ) -> list[str]:
        """The end of a container's log; raises ToolError with kubectl's message.

        The API server asks the pod's node for it, which may be too busy to answer at once.
        """
        previous = ["--previous"] if of_the_run_before else []
        for _ in range(LOG_ATTEMPTS):
            done = self._ask("logs", pod, "-c", container, f"--tail={count}", *previous)
            if not done.status:
                return done.stdout.splitlines()
        lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
        raise ToolError(f"kubectl cannot read the log: {lines[-1]}")

    def _ask(self, *arguments: str) -> Finished:
        return self._run(self._command(*arguments), timeout_seconds=ANSWER_SECONDS)

    def _command(self, *arguments: str) -> list[str]:
        limit = f"--request-timeout={ANSWER_SECONDS - 5}s"
        return [self._path, *self._place, limit, *arguments]


def annotate_words(kind: str, names: Sequence[str], *annotations: str) -> list[str]:
    """The arguments that change annotations."""
    return ["annotate", "--overwrite", kind, *names, *annotations]


def find_kubectl(
    environment: Mapping[str, str],
    namespace: str | None,
    context: str | None,
    run: Runner = run_process,
) -> Kubectl | None:
    """The kubectl on PATH, looking where helm looked; None where there is none."""
    path = shutil.which("kubectl", path=environment.get("PATH"))
    return Kubectl(path, place_flags(environment, namespace, context), run) if path else None


def sees_what_helm_sees(environment: Mapping[str, str]) -> bool:
    """Whether kubectl goes to helm's cluster, as the same user."""
    return not any(environment.get(name) for name in _OTHER_PLACES)


def place_flags(
    environment: Mapping[str, str], namespace: str | None, context: str | None
) -> list[str]:
    """The flags that lead kubectl to the release; helm's own variables stand in for them."""
    flags = [
        ("--context", context or environment.get("HELM_KUBECONTEXT")),
        ("-n", namespace or environment.get("HELM_NAMESPACE")),
    ]
    return [word for flag, value in flags if value for word in (flag, value)]
