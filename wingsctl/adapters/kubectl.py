"""The kubectl binary: reading what became of a release, and annotating objects of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from wingsctl.adapters.process import Finished, Runner, run_process
from wingsctl.errors import ToolError

ANSWER_SECONDS = 20
LOG_LINES = 12


class Kubectl:
    """kubectl in one namespace of one context, by default those of the kubeconfig."""

    def __init__(
        self,
        path: str,
        namespace: str | None = None,
        context: str | None = None,
        run: Runner = run_process,
    ) -> None:
        self._run = run
        self._path = path
        self._place = place_flags(namespace, context)

    def shown(self, *arguments: str) -> str:
        """A command for people to run themselves."""
        return " ".join(["kubectl", *self._place, *arguments])

    def read(self, kinds: Sequence[str], *arguments: str) -> list[dict[str, Any]]:
        """The objects of these kinds; raises ToolError with kubectl's message."""
        done = self._ask("get", ",".join(kinds), *arguments, "-o", "json")
        if done.status:
            lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
            raise ToolError(f"kubectl does not answer: {lines[-1]}")
        try:
            items = json.loads(done.stdout)["items"]
            return [{**each, "metadata": {**each["metadata"]}} for each in items]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise ToolError("kubectl does not answer with a list of objects") from error

    def annotate(self, kind: str, names: Sequence[str], *annotations: str) -> None:
        """Set `KEY=VALUE`, remove `KEY-`; raises ToolError with kubectl's message."""
        done = self._ask(*annotate_words(kind, names, *annotations))
        if done.status:
            lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
            raise ToolError(f"kubectl could not annotate: {lines[-1]}")

    def last_lines(self, pod: str, container: str, *, of_the_run_before: bool = False) -> list[str]:
        """The end of a container's log; empty where there is none to be had."""
        previous = ["--previous"] if of_the_run_before else []
        done = self._ask("logs", pod, "-c", container, f"--tail={LOG_LINES}", *previous)
        return [] if done.status else done.stdout.splitlines()

    def _ask(self, *arguments: str) -> Finished:
        limit = f"--request-timeout={ANSWER_SECONDS - 5}s"
        command = [self._path, *self._place, limit, *arguments]
        return self._run(command, timeout_seconds=ANSWER_SECONDS)


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
    return Kubectl(path, namespace, context, run) if path else None


def place_flags(namespace: str | None, context: str | None) -> list[str]:
    """The flags that lead kubectl to the release."""
    flags = [("--context", context), ("-n", namespace)]
    return [word for flag, value in flags if value for word in (flag, value)]
