"""A release of several groups, as people and clients see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.clients import CHAT, Clients
from tests.cluster.kube import wait_for
from tests.cluster.release import PROFILES, Release, is_ready

INSTANCE, COMPONENT = "app.kubernetes.io/instance", "app.kubernetes.io/component"
VERSION = "engine.env.FAKE_VERSION"
"""The value that an upgrade changes: answers name it for each engine of the group."""


def vary(
    directory: Path, name: str, *, env: dict[str, Any], gateway_env: dict[str, Any], **changes: Any
) -> Path:
    """A profile like profiles/turns.wings.yaml, with other sections and more variables."""
    profile = YAML(typ="safe").load(PROFILES / "turns.wings.yaml")
    profile |= {"name": name, **changes}
    profile["engine"]["env"] |= env
    profile["gateway"]["env"] |= gateway_env
    path = directory / f"{name}.wings.yaml"
    path.write_text(json.dumps(profile), "utf-8")
    return path


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

    def url(self, group: int, port: int = 9000) -> str:
        """The gateway of one leader, past the client Service."""
        kube, name = self.release.kube, self.release.name
        return f"http://{self.leader(group)}.{name}-peers.{kube.namespace}:{port}"

    def versions(self, group: int) -> str:
        """Of the engines of a group, the leader's first, as its answer to a chat names them.

        A group of a starved machine may start once more after it was ready.
        """
        url = f"{self.clients.reach(self.url(group))}/v1/chat/completions"
        return wait_for(lambda: self._members(url), f"an answer of {url}", 120)

    def _members(self, url: str) -> str:
        status, text = self.clients.post(url, CHAT % 2)
        assert status in (200, 503), text
        return str(json.loads(text).get("system_fingerprint")) if status == 200 else ""

    def all_versions(self, count: int) -> list[str]:
        """The same of every group."""
        return [self.versions(group) for group in range(count)]

    def same(self, *versions: str) -> list[str]:
        """What `all_versions` returns where group N is of the version N as a whole."""
        return [" ".join([version] * self.size) for version in versions]

    def upgrade(self, *settings: str) -> None:
        """As the docs say: only so can a value be taken back, with null."""
        keep = ["--reset-then-reuse-values", "--wait", "--timeout", "580s"]
        words = [word for setting in settings for word in ("--set", setting)]
        self.release.kube.helm_ok("upgrade", self.release.name, self.release.chart, *keep, *words)

    def wait_ready(self, count: int, limit: float = 400) -> None:
        """Wait until so many groups are complete, and nothing of others is left."""
        what = f"{count} complete groups of {self.release.name}, and no other pod"
        wait_for(lambda: self._is_complete(self.size * count), what, limit, every=1)

    def _is_complete(self, pods: int) -> bool:
        mine = f"{INSTANCE}={self.release.name},{COMPONENT}=engine"
        found = self.release.kube.items("pod", mine)
        leaving = [pod for pod in found if "deletionTimestamp" in pod["metadata"]]
        return len(found) == pods and not leaving and all(map(is_ready, found))

    def watch(self, act: Callable[[], object], before: int, after: int) -> Seen:
        """Does something while 8 clients ask through the Service and the leaders of `before` groups
        are watched; ends when `after` groups are complete."""
        urls = [f"{self.url(group, 9001)}/group" for group in range(before)]
        with self.clients.load(self.release.url) as load, self.clients.watch(urls) as watch:
            act()
            self.wait_ready(after)
            return Seen(load.result(), **watch.result())


@dataclass(frozen=True)
class Seen:
    """What clients and watchers saw."""

    load: dict[str, Any]
    away: list[list[tuple[float, float | None]]]
    """For each group the times in which it did not run, in seconds."""
    period: float
    """Between two looks at a leader, at most."""

    def assert_no_failure(self, *, one_version: bool = True) -> None:
        """Every request was answered, and by engines of one version."""
        assert set(self.load["statuses"]) == {"200"}, json.dumps(self.load, indent=1)
        if not one_version:
            return
        for members in self.load["fingerprints"]:
            assert len(set(members.split())) == 1, f"versions paired: {self.load['fingerprints']}"

    def assert_turns(self, *groups: int) -> None:
        """These groups and no other were away, once each, one after the other in this order."""
        assert [group for _, _, group in self._spans()] == list(groups), self
        self.assert_one_at_a_time()

    def assert_one_at_a_time(self) -> None:
        """While one group was away, the others ran."""
        for (_, end, group), (begin, _, other) in pairwise(self._spans()):
            assert end is not None, self
            assert group == other or end < begin, f"two groups away at once: {self}"

    def _spans(self) -> list[tuple[float, float | None, int]]:
        """When each time began and ended, and of which group it was."""
        away = enumerate(self.away)
        spans = [(begin, end, group) for group, found in away for begin, end in found]
        return sorted(spans, key=lambda span: span[0])

    def __str__(self) -> str:
        return f"groups away {self.away}, looked every {self.period} s at most; {self.load}"
