"""The program and the engine container's script together, as in a pod."""

import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.agent import Agent
from support.entrypoint import SHELLS, Entrypoint
from support.ports import HeldPort
from support.raw_client import Cut
from support.waiting import wait_for

ENGINE = Path(__file__).parents[1] / "support/engine_process.py"


class Pod:
    def __init__(
        self,
        shared_dir,
        *engine_options,
        script_environment=None,
        shell="dash",
        is_forked=True,
        **environment,
    ):
        self._held = HeldPort()
        port = self._held.number
        argv = (sys.executable, str(ENGINE), str(port), *engine_options)
        self.agent = Agent(shared_dir, port, argv, **environment)
        self.agent.is_forked = is_forked
        self.script = Entrypoint(shell, shared_dir, **script_environment or {})

    def start(self):
        self.agent.start()
        self.script.start()
        return self

    def engine_pid(self):
        return int(self.script.status()["pid"])

    def kill_engine(self):
        os.kill(self.engine_pid(), signal.SIGKILL)

    def term(self):
        """What kubelet does: both containers are notified at once."""
        self.agent.term()
        self.script.term()

    def stop(self):
        self.agent.close()
        self.script.stop()
        self._held.release()


@pytest.fixture
def start_pod(shared_dir):
    pods = []

    def start(*engine_options, **options):
        pods.append(Pod(shared_dir, *engine_options, **options))
        return pods[-1].start()

    yield start
    for pod in pods:
        pod.stop()


@pytest.mark.parametrize("shell", SHELLS)
def test_a_pod_becomes_ready_and_serves(start_pod, shell):
    """By the command line of the image."""
    pod = start_pod(shell=shell, is_forked=False)
    pod.agent.wait_ready()
    assert int(pod.agent.post("/v1/x").body) == pod.engine_pid()
    assert pod.agent.status()["restarts"] == 0


def test_a_volume_that_cannot_be_written_is_told_and_tried_again(shared_dir, engine):
    agent = Agent(shared_dir / "later", engine.port)
    agent.shared_dir.with_name("later.log").touch()
    try:
        agent.start()
        wait_for(lambda: "cannot write to" in agent.log())
        agent.shared_dir.mkdir()
        wait_for((agent.shared_dir / "start_command.sh").exists)
    finally:
        agent.close()


def test_loading_is_reported_with_its_progress(start_pod):
    pod = start_pod("--load-seconds", "600")
    pod.agent.wait_state("loading")
    wait_for(lambda: pod.agent.status()["load_progress"]["percent"] == 50)
    assert pod.agent.status()["load_progress"]["last_line"] == "Loading weights: 50%"
    assert "the engine is loading for" in pod.agent.get("/health").json["reason"]
    refusal = pod.agent.post("/v1/x")
    assert (refusal.status, int(refusal.fields["retry-after"])) == (503, 10)
    assert refusal.message.startswith("the engine is loading for")


def test_an_engine_that_fails_to_load_is_started_again_and_the_reason_kept(start_pod):
    pod = start_pod("--fail", "3")
    wait_for(lambda: pod.agent.status()["restarts"] >= 2)
    failure = pod.agent.status()["last_failure"]
    assert failure["ended"] == "failed with code 3"
    assert "CUDA out of memory" in failure["last_lines"]
    assert pod.agent.status()["failures_in_a_row"] >= 2


def test_the_errors_of_an_engine_are_in_the_gateways_log_while_the_next_one_loads(start_pod):
    pod = start_pod("--fail", "3")
    wait_for(lambda: pod.agent.status()["restarts"] >= 2)
    quoted = [line for line in pod.agent.log().splitlines() if "the engine printed: " in line]
    assert len(quoted) >= 2, "one for each failure"
    assert all("CUDA out of memory" in line for line in quoted)


def test_the_script_gives_up_after_failures_in_a_row(start_pod):
    pod = start_pod("--fail", "3", script_environment={"WINGS_MAX_FAILURES": "3"})
    assert pod.script.wait_end() == 3
    pod.script.start()
    wait_for(lambda: pod.agent.status()["failures_in_a_row"] >= 4)


def test_the_load_deadline_starts_the_engine_again(start_pod):
    pod = start_pod("--load-seconds", "600", WINGS_LOAD_DEADLINE_SECONDS="0.3")
    wait_for(lambda: pod.agent.status()["restarts"] >= 1)
    wait_for(lambda: "the engine was not ready within 0.3 s" in pod.agent.log())
    wait_for(lambda: pod.agent.status()["last_failure"])


@pytest.mark.parametrize("code", ["0", "1"])
def test_an_engine_that_dies_comes_back(start_pod, code):
    pod = start_pod("--die-code", code)
    pod.agent.wait_ready()
    first = pod.engine_pid()
    assert pod.agent.post("/v1/die").status == 502
    wait_for(lambda: pod.agent.status()["restarts"] == 1)
    pod.agent.wait_ready()
    assert pod.engine_pid() != first


def test_a_killed_engine_breaks_its_streams_visibly_and_comes_back(start_pod):
    pod = start_pod()
    pod.agent.wait_ready()
    with pod.agent.client() as client:
        client.send(b"GET /v1/stream/100000/0.01 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(b"data: 3\n\n")
        pod.kill_engine()
        with pytest.raises(Cut):
            client.read_until(b"0\r\n\r\n")
    wait_for(lambda: pod.agent.status()["restarts"] == 1)
    pod.agent.wait_ready()


def test_a_restarted_agent_adopts_the_engine(start_pod):
    pod = start_pod()
    pod.agent.wait_ready()
    first, launch = pod.engine_pid(), pod.agent.launch()
    pod.agent.stop()
    pod.agent.start()
    pod.agent.wait_ready()
    assert (pod.engine_pid(), pod.agent.launch()) == (first, launch)


def test_a_restarted_agent_starts_an_engine_that_was_killed_with_it(start_pod):
    pod = start_pod()
    pod.agent.wait_ready()
    first, launch = pod.engine_pid(), pod.agent.launch()
    pod.agent.stop()
    pod.kill_engine()
    pod.agent.start()
    wait_for(lambda: pod.script.status()["pid"] not in (str(first), "none"))
    pod.agent.wait_ready()
    assert pod.agent.launch() != launch
    assert pod.agent.status()["last_failure"]["ended"] == "failed with code 137"


def test_an_agent_that_is_told_to_end_alone_leaves_the_engine_running(start_pod):
    pod = start_pod()
    pod.agent.wait_ready()
    first = pod.engine_pid()
    pod.agent.term()
    assert pod.agent.wait_end() == 0
    pod.agent.start()
    pod.agent.wait_ready()
    assert pod.engine_pid() == first


def test_a_killed_engine_container_gets_the_same_command_again(start_pod):
    pod = start_pod()
    pod.agent.wait_ready()
    first = pod.agent.launch()
    pod.script.kill_container()
    pod.script.start()
    wait_for(lambda: pod.agent.status()["restarts"] == 1)
    pod.agent.wait_ready()
    assert pod.agent.launch() != first
    assert "killed together with its container" in pod.agent.status()["last_failure"]["ended"]


def test_a_hanging_engine_is_unhealthy_then_restarted(start_pod, tmp_path):
    sick = tmp_path / "sick"
    pod = start_pod(
        "--sick-file", str(sick),
        WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS="1", WINGS_UNHEALTHY_DEADLINE_SECONDS="0.3",
    )  # fmt: skip
    pod.agent.wait_ready()
    first = pod.engine_pid()
    sick.touch()
    wait_for(lambda: pod.agent.get("/health").status == 503)
    wait_for(lambda: pod.agent.status()["restarts"] >= 1)
    sick.unlink()
    pod.agent.wait_ready()
    assert pod.engine_pid() != first
    wait_for(lambda: "unhealthy for 0.3 s" in pod.agent.log())


def test_sigterm_leaves_time_for_late_comers(start_pod):
    pod = start_pod(WINGS_DRAIN_DELAY_SECONDS="600")
    pod.agent.wait_ready()
    pod.term()
    wait_for(lambda: pod.agent.get("/health").status == 503)
    assert pod.agent.get("/health").json["status"] == "draining"
    assert pod.agent.post("/v1/late").status == 200


def test_sigterm_to_both_finishes_streams_then_releases_the_engine(start_pod):
    pod = start_pod(WINGS_DRAIN_DELAY_SECONDS="0.5")
    pod.agent.wait_ready()
    with pod.agent.client() as client:
        client.send(b"GET /v1/stream/100/0.02 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(b"data: 3\n\n")
        pod.term()
        assert client.read_reply_rest().endswith(b"data: 99\n\n")
    assert pod.agent.wait_end() == 0
    assert pod.script.wait_end() == 0
    assert pod.script.status()["state"] == "exited 143"


def test_who_connects_just_before_the_port_closes_is_served(start_pod):
    pod = start_pod(WINGS_DRAIN_DELAY_SECONDS="0.3")
    pod.agent.wait_ready()
    pod.term()
    clients = []
    with ExitStack() as opened:
        with pytest.raises(ConnectionRefusedError):
            while True:
                clients.append(opened.enter_context(pod.agent.client()))
                time.sleep(0.02)
        answers = [status_of_post(client) for client in reversed(clients)]
    assert set(answers) <= {200, None}
    assert 200 in answers  # not the very last: who is in the kernel's queue is lost with the port
    assert pod.agent.wait_end() == 0


def status_of_post(client):
    try:
        return client.post("/v1/late").status
    except (Cut, ConnectionError):
        return None


def test_sigterm_while_loading_ends_at_once(start_pod):
    pod = start_pod("--load-seconds", "600", WINGS_DRAIN_DELAY_SECONDS="600")
    pod.agent.wait_state("loading")
    pod.term()
    assert pod.agent.wait_end() == 0
    assert pod.script.wait_end() == 0


def test_the_drain_deadline_cuts_what_never_ends(start_pod):
    pod = start_pod(WINGS_DRAIN_SECONDS="0.3")
    pod.agent.wait_ready()
    with pod.agent.client() as client:
        client.send(b"GET /v1/stream/100000/0.02 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.read_until(b"data: 3\n\n")
        pod.term()
        assert pod.agent.wait_end() == 0
        with pytest.raises((Cut, ConnectionResetError)):
            client.read_until(b"0\r\n\r\n")
    assert pod.script.wait_end() == 0


def test_a_dead_agent_does_not_keep_the_pod(start_pod):
    pod = start_pod(script_environment={"WINGS_GRACE_SECONDS": "2", "WINGS_STOP_SECONDS": "1"})
    pod.agent.wait_ready()
    pod.agent.stop()
    pod.script.term()
    assert pod.script.wait_end() == 0
