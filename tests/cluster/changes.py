"""What happens to objects, as the API server tells it: every state of them, none is missed."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.cluster.kube import Kube, wait_for


@dataclass(frozen=True)
class Change:
    """An object as it became."""

    at: float
    """When this machine read it, by time.monotonic()."""
    kind: str
    """ADDED, MODIFIED or DELETED."""
    thing: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.thing["metadata"]["name"])


class Changes:
    """All changes of a kind of object since this was made, until the block ends."""

    def __init__(self, kube: Kube, path: str, selector: str = "") -> None:
        """`path`: where the API server has them, such as `apis/apps/v1` and `deployments`."""
        group, _, kind = path.rpartition("/")
        url = f"/{group}/namespaces/{kube.namespace}/{kind}?labelSelector={selector}"
        now = json.loads(kube.ok("get", "--raw", url))["metadata"]["resourceVersion"]
        command = [kube.kubectl_binary, f"--kubeconfig={kube.kubeconfig}", "get", "--raw"]
        self.seen: list[Change] = []
        self._kube, self._kind = kube, kind
        self._process = subprocess.Popen(
            [*command, f"{url}&watch=true&resourceVersion={now}"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Changes:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()
        self._process.wait()

    def of(self, name: str) -> list[Change]:
        """Those of one object."""
        return [each for each in list(self.seen) if each.name == name]

    def living(self) -> list[dict[str, Any]]:
        """The objects that are there now, as they are."""
        found: dict[str, dict[str, Any]] = {}
        for each in list(self.seen):
            if each.kind == "DELETED":
                found.pop(each.name, None)
            else:
                found[each.name] = each.thing
        return list(found.values())

    def replicas(self, name: str, since: float = 0) -> list[int]:
        """The numbers that a workload was told, one after another; equal ones once.

        The first is the one that counted at `since`.
        """
        numbers: list[int] = []
        for each in self.of(name):
            number = int(each.thing["spec"]["replicas"])
            if each.at < since:
                numbers = [number]
            elif numbers[-1:] != [number]:
                numbers.append(number)
        return numbers

    def wait_for_replicas(self, name: str, number: int, limit: float = 120) -> float:
        """When a workload was last told so many, once it is."""

        def since() -> float:
            found = 0.0
            for each in self.of(name):
                is_so = each.thing["spec"]["replicas"] == number
                found = (found or each.at) if is_so else 0.0
            return found

        return wait_for(since, f"{number} replicas of {name}", limit)

    def catch_up(self, name: str) -> None:
        """Returns once all that has happened to an object by now was read."""
        mark = str(time.monotonic())
        self._kube.ok("annotate", self._kind, name, f"wings-test/mark={mark}", "--overwrite")
        wait_for(lambda: any(_mark(each.thing) == mark for each in self.of(name)), "the mark")

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            if not line.endswith("\n"):
                break  # ended within an event
            event = json.loads(line)
            self.seen.append(Change(time.monotonic(), event["type"], event["object"]))


def _mark(thing: dict[str, Any]) -> str:
    return str(thing["metadata"].get("annotations", {}).get("wings-test/mark", ""))
