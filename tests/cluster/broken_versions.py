"""Ways in which a new version of groups never gets ready, and helm's upgrade to such a version."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.cluster.groups import VERSION, Groups
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool

# Far shorter than the 328 s that the plan computes: a broken version is broken after 30 s, too.
WAIT = ["--wait", "--timeout", "30s"]


@dataclass(frozen=True)
class Broken:
    """A broken version, and helm's word for taking it back."""

    helm: str
    flag: str
    settings: tuple[str, ...]


EXITS = Broken(HELM_3, "--atomic", ("--set", "engine.env.FAKE_EXIT_CODE_AT_START=3"))
LACKS_IMAGE = Broken(HELM_4, "--rollback-on-failure", ("--set", "engine.image.tag=none"))


def assert_helm_takes_it_back(groups: Groups, broken: Broken) -> None:
    """Group 0 of two tries it, and gets the old version again; group 1 serves all the time."""
    before = groups.all_versions(2)
    seen = groups.watch(lambda: _upgrade(groups, broken), 2, 2)
    seen.assert_no_failure()
    assert set(seen.load["fingerprints"]) == set(before)
    seen.assert_turns(0, 1)
    assert groups.all_versions(2) == before


def _upgrade(groups: Groups, broken: Broken) -> None:
    release = groups.release
    kube = replace(release.kube, helm_binary=find_tool(broken.helm))
    words = ["upgrade", release.name, release.chart, "--reuse-values", *WAIT, broken.flag]
    done = kube.helm(*words, "--set", f"{VERSION}=broken", *broken.settings)
    assert "roll" in done.stderr.partition("Error:")[2], done
