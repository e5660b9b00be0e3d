"""A release of several groups, as people and clients see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.cluster.clients import CHAT, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import Release

VERSION = "engine.env.FAKE_VERSION"
"""The value that an upgrade changes: answers name it for each engine of the group."""


@dataclass(frozen=True)
class Groups:
    """Groups of `size` pods each."""

    release: Release
    clients: Clients
    size: int
    set_name: str = "{name}-{group}"
    """Name of the StatefulSet of a group's leader."""

    def leader(self, group: int) -> str:
        """Name of the pod that leads."""
        return f"{self.stateful_set(group)}-0"

    def stateful_set(self, group: int) -> str:
        """Name of the StatefulSet with the leader in it."""
        return self.set_name.format(name=self.release.name, group=group)

    def url(self, group: int) -> str:
        """The gateway of one leader, past the client Service."""
        kube, name = self.release.kube, self.release.name
        return f"http://{self.leader(group)}.{name}-peers.{kube.namespace}:9000"

    def versions(self, group: int) -> str:
        """Of the engines of a group, the leader's first, as its answer to a chat tells them."""
        status, text = self.clients.post(f"{self.url(group)}/v1/chat/completions", CHAT % 2)
        assert status == 200, text
        return str(json.loads(text).get("system_fingerprint"))

    def all_versions(self, count: int) -> list[str]:
        """The same of every group."""
        return [self.versions(group) for group in range(count)]

    def same(self, *versions: str) -> list[str]:
        """What `all_versions` returns where group N is of the version N as a whole."""
        return [" ".join([version] * self.size) for version in versions]

    def wait_ready(self, count: int, limit: float = 240) -> None:
        """Wait until so many groups are complete, and nothing of others is left."""
        pods = self.size * count
        self.release.wait_ready(pods, limit)
        wait_for(lambda: len(self.release.kube.items("pod")) == pods, "the end of old pods", limit)

    def watch(self, act: Callable[[], object], before: int, after: int) -> Seen:
        """Does something while 8 clients ask through the Service and the leaders of `before` groups are
        watched; ends when `after` groups are complete."""
        health = [f"{self.url(group)}/health" for group in range(before)]
        with self.clients.load(self.release.url) as load, self.clients.watch(health) as watch:
            act()
            self.wait_ready(after)
            return Seen(load.result(), **watch.result())


@dataclass(frozen=True)
class Seen:
    """What clients and watchers saw."""

    load: dict[str, Any]
    down: list[list[tuple[float, float | None]]]
    """For each group the times in which its leader was not ready, in seconds."""
    period: float
    """Between two looks at a leader, at most."""

    def assert_no_failure(self) -> None:
        """Every request was answered, and by engines of one version."""
        assert set(self.load["statuses"]) == {"200"}, json.dumps(self.load, indent=1)
        for members in self.load["fingerprints"]:
            assert len(set(members.split())) == 1, f"versions paired: {self.load['fingerprints']}"

    def assert_turns(self, *groups: int) -> None:
        """These groups and no other were away, once each, one after the other in this order."""
        spans = [(span[0], span[1], group) for group, found in enumerate(self.down) for span in found]
        spans.sort(key=lambda span: span[0])
        assert [group for _, _, group in spans] == list(groups), self
        for earlier, later in zip(spans, spans[1:], strict=False):
            assert earlier[1] is not None, self
            assert earlier[1] < later[0], f"two groups away at once: {self}"

    def __str__(self) -> str:
        return f"leaders away {self.down}, looked every {self.period} s at most; {self.load}"
