"""A new version that never gets ready: the other group serves, helm takes it back by itself.

Both helms at once, each with a release and a way to be broken of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from ruamel.yaml import YAML

from tests.cluster.groups import VERSION, Groups, Seen, vary
from tests.cluster.kube import Done
from tests.support.helm import HELM_3, HELM_4
from tests.support.tools import find_tool

SIZE = 2
# Far shorter than the 328 s that the plan computes: a broken version is broken after 45 s, too.
WAIT = ["--wait", "--timeout", "45s"]


@dataclass(frozen=True)
class Case:
    """A broken version, and helm's word for taking it back."""

    helm: str
    flag: str
    settings: tuple[str, ...]


CASES = {
    "exits": Case(HELM_3, "--atomic", ("--set", "engine.env.FAKE_EXIT_CODE_AT_START=3")),
    "lacks": Case(HELM_4, "--rollback-on-failure", ("--set", "engine.image.tag=none")),
}


@dataclass(frozen=True)
class Attempt:
    """A release before, while and after it was upgraded."""

    groups: Groups
    upgrade: Done
    seen: Seen


def attempt(groups: Groups, case: Case) -> Attempt:
    release = groups.release
    release.install_ok()
    groups.wait_ready(2)
    words = ["upgrade", release.name, release.chart, "--reuse-values", *WAIT, case.flag]
    words += ["--set", f"{VERSION}=b", *case.settings]
    done: list[Done] = []
    seen = groups.watch(lambda: done.append(release.kube.helm(*words)), 2, 2)
    return Attempt(groups, done[0], seen)


@pytest.fixture(scope="module")
def attempts(module_release, clients, tmp_path_factory) -> Iterator[dict[str, Future[Attempt]]]:
    """Every case on its way, in threads, in one namespace."""
    profiles = tmp_path_factory.mktemp("profiles")
    with ThreadPoolExecutor(len(CASES)) as threads:
        started = {}
        first = module_release("first")
        for name, case in CASES.items():
            kube = replace(first.kube, helm_binary=find_tool(case.helm))
            profile = vary(profiles, name, replicas=2, env={}, gateway_env={})
            release = replace(first, kube=kube, name=name, profile=profile)
            started[name] = threads.submit(attempt, Groups(release, clients, SIZE), case)
        yield started


@pytest.mark.parametrize("name", CASES)
def test_helm_takes_it_back_while_the_other_group_serves(name, attempts, capsys):
    found = attempts[name].result()
    with capsys.disabled():
        print(f"\n{name}: {found.seen}")
    assert "roll" in found.upgrade.stderr.partition("Error:")[2], found.upgrade
    found.seen.assert_no_failure()
    assert set(found.seen.load["fingerprints"]) == {"a a"}
    found.seen.assert_turns(0, 1)
    assert found.groups.all_versions(2) == found.groups.same("a", "a")


def test_helm_gives_up_before_a_group_that_serves_takes_its_turn(attempts):
    chart = attempts["exits"].result().groups.release.chart
    yaml = YAML(typ="safe")
    turn = yaml.load(chart / "values.yaml")["shutdown"]["turnSeconds"]
    helm = yaml.load(chart / "Chart.yaml")["annotations"]["wingsctl/helm-timeout-seconds"]
    assert int(helm) < turn
