"""What one process of a session made, the others take."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.helm import HelmBinary, reads_more
from tests.support.store import Store, tree_digest


@pytest.fixture
def own(tmp_path):
    """A store that nothing else uses."""
    return Store(tmp_path)


def test_a_value_is_made_once(own):
    made, all_are_here = [], threading.Barrier(4)

    def make():
        made.append("once")
        return {"a": [1]}

    def take(_):
        all_are_here.wait()
        return Store(own.folder).value("key", make)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(take, range(4))) == [{"a": [1]}] * 4
    assert made == ["once"]


def test_each_key_has_its_value_and_each_caller_a_copy(own):
    own.value(("a", 1), lambda: [1]).append(2)
    assert own.value(("a", 1), lambda: [3]) == [1]
    assert own.value(("a", "1"), lambda: [3]) == [3]


def test_what_failed_is_made_again(own):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        own.value("key", fail)
    assert own.value("key", lambda: 1) == 1


def test_a_directory_is_filled_once(own):
    place = own.directory("charts", lambda path: (path / "a").write_text("1"))
    assert own.directory("charts", lambda path: (path / "a").write_text("2")) == place
    assert (place / "a").read_text() == "1"


def test_a_changed_chart_is_another(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("a")
    digests = {tree_digest(tmp_path)}
    for name, text in (("Chart.yaml", "b"), ("templates/a", ""), ("templates/b", "")):
        (tmp_path / name).write_text(text)
        digests.add(tree_digest(tmp_path))
    (tmp_path / "templates" / "a").rename(tmp_path / "a")
    assert len({*digests, tree_digest(tmp_path)}) == 5


def test_each_way_of_rendering_is_another(own, helm3, charts):
    helm = HelmBinary(helm3.path, own)
    chart = charts["chat"]
    ways = [
        helm.render(chart),
        helm.render(chart, release="other"),
        helm.render(chart, "--set", "replicas=2"),
        helm.render(chart, "-f", "-", stdin="replicas: 3"),
        helm.render(charts["claim"]),
    ]
    assert len({each.manifests for each in ways}) == 5
    assert helm.render(chart) == ways[0]


def test_what_depends_on_other_files_or_a_cluster_is_never_taken():
    assert not reads_more(["--set", "a=b", "-f", "-"])
    for words in (["-f", "a.yaml"], ["-f", "-", "-f", "a.yaml"], ["--set-file", "a=b"]):
        assert reads_more(words)
    assert reads_more(["--values", "a.yaml"])
    assert reads_more(["--dry-run=server", "--kubeconfig", "a"])
