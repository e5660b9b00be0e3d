"""The engine of the cluster's tests in the ways of SGLang: what its members do to each other."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.support.ports import held_port
from tests.support.processes import ROOT

FAKE = ROOT / "tests" / "cluster" / "images" / "fake-engine" / "fake_engine.py"
SIZE = 2


class Group:
    """The members of one group on loopback; none runs yet."""

    def __init__(self, ports: list[int], meeting: int) -> None:
        self.ports, self.meeting = ports, meeting
        self.members: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, rank: int) -> None:
        words = [
            "launch_server", "--model-path", "tiny", "--host", "127.0.0.1", "--port",
            str(self.ports[rank]), "--nnodes", str(SIZE), "--node-rank", str(rank),
            "--dist-init-addr", f"127.0.0.1:{self.meeting}",
        ]  # fmt: skip
        env = {"FAKE_TOKEN_MS": "20", "PYTHONDONTWRITEBYTECODE": "1"}
        self.members[rank] = subprocess.Popen([sys.executable, FAKE, *words], env=env)

    def health(self, rank: int) -> int:
        return self.ask(rank, "/health")[0]

    def ask(self, rank: int, path: str, body: dict | None = None) -> tuple[int, bytes]:
        """Status and answer; 0 where the connection is refused or breaks."""
        data = json.dumps(body).encode() if body else None
        url = f"http://127.0.0.1:{self.ports[rank]}{path}"
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as reply:
                return reply.status, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""


@pytest.fixture
def group() -> Iterator[Group]:
    with ExitStack() as stack:
        first, *ports = (stack.enter_context(held_port()) for _ in range(SIZE + 1))
        group = Group(ports, first)
        yield group
        for process in group.members.values():
            process.kill()
            process.wait()


@pytest.fixture
def whole(group: Group) -> Group:
    """Leader and worker that serve."""
    for rank in range(SIZE):
        group.start(rank)
    wait_until(lambda: group.health(0) == 200)
    return group


def test_a_worker_is_healthy_before_its_leader_is_there(group):
    group.start(1)
    wait_until(lambda: group.health(1) == 200)
    group.start(0)
    wait_until(lambda: group.health(0) == 200)


def test_a_leader_without_its_worker_listens_and_is_not_healthy(group):
    group.start(0)
    wait_until(lambda: group.health(0) == 503)


def test_a_worker_ends_with_its_leader_and_not_before(whole):
    whole.members[1].send_signal(signal.SIGTERM)
    assert whole.ask(0, "/generate", {"sampling_params": {"max_new_tokens": 4}})[0] == 200
    assert whole.members[1].poll() is None
    whole.members[0].send_signal(signal.SIGTERM)
    assert [whole.members[rank].wait(60) for rank in range(SIZE)] == [0, 0]


def test_what_runs_is_finished_and_more_is_taken_after_term(whole):
    body = {"max_tokens": 100}
    with ThreadPoolExecutor() as beside:
        running = beside.submit(whole.ask, 0, "/v1/completions", body)
        wait_until(lambda: b'num_running_reqs{model_name="tiny"} 1' in whole.ask(0, "/metrics")[1])
        whole.members[0].send_signal(signal.SIGTERM)
        wait_until(lambda: whole.health(0) == 503)
        assert whole.ask(0, "/v1/completions", {"model": "another", "max_tokens": 1})[0] == 200
        status, text = running.result()
    assert (status, json.loads(text)["usage"]["completion_tokens"]) == (200, 100)
    assert whole.members[0].wait(60) == 0


@pytest.mark.parametrize(("victim", "least"), [(1, 5), (0, 0.5)], ids=["worker", "leader"])
def test_a_killed_member_takes_the_other_along_without_a_request(whole, victim, least):
    """SGLang's leader waits for its diagnostics before it goes; its worker does not."""
    began = time.monotonic()
    whole.members[victim].kill()
    assert whole.members[1 - victim].wait(60) == -signal.SIGKILL
    assert time.monotonic() - began > least


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    """The limit is no measure: it ends a test that would never end."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
