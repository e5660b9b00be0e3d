"""The engine container's script in a group: leases, the hook, and that it never gives up."""

import subprocess

import pytest
from support.entrypoint import SCRIPT, SHELLS, Entrypoint
from support.waiting import LIMIT_SECONDS, wait_for

from wings_infer.control.clock import uptime
from wings_infer.control.engine_status import read_beat
from wings_infer.control.start_command import StartCommand, write_start_command
from wings_infer.control.stop_order import write_stop_order
from wings_infer.group.record import write_lease

SERVE = "while :; do sleep 0.1; done"
LAUNCH = "1-0123456789abcdef"


@pytest.fixture(params=SHELLS)
def script(request, shared_dir):
    running = Entrypoint(
        request.param,
        shared_dir,
        LWS_GROUP_SIZE="2",
        WINGS_GROUP_STOP_SECONDS="1",
        WINGS_STOP_SECONDS="30",
    )
    yield running.start()
    running.stop()


@pytest.fixture
def order(shared_dir):
    def write(*argv, launch=LAUNCH, failures=0):
        write_start_command(shared_dir, StartCommand(launch, failures, "", argv))

    return write


def beats(shared_dir, count=3):
    """The script has looked some more times."""
    seen = set()
    wait_for(lambda: seen.add(read_beat(shared_dir)) or len(seen - {None}) > count)


def pre_stop(script):
    return subprocess.Popen([*SHELLS[script.shell], str(SCRIPT), "pre-stop"], env=script.environment)


def test_without_a_lease_no_launch_is_taken(script, order, shared_dir):
    write_lease(shared_dir, "1-fedcba9876543210", uptime() + 60)
    order("sh", "-c", SERVE)
    beats(shared_dir)
    assert script.status()["launch"] == "none"
    write_lease(shared_dir, LAUNCH, uptime() - 1)
    beats(shared_dir)
    assert script.status()["launch"] == "none"
    write_lease(shared_dir, LAUNCH, uptime() + 60)
    script.wait_state("running", LAUNCH)


def test_a_launch_that_was_stopped_before_it_began_is_never_taken(script, order, shared_dir):
    write_stop_order(shared_dir, LAUNCH, "test", is_failure=False)
    write_lease(shared_dir, LAUNCH, uptime() + 60)
    order("sh", "-c", SERVE)
    beats(shared_dir)
    assert script.status()["launch"] == "none"


def test_an_engine_ends_with_its_lease_even_if_it_ignores_term(script, order, shared_dir):
    write_lease(shared_dir, LAUNCH, uptime() + 300)
    order("sh", "-c", f"trap '' TERM; {SERVE}")
    script.wait_state("running", LAUNCH)
    write_lease(shared_dir, LAUNCH, uptime() + 1)
    script.wait_state("exited 137", LAUNCH)
    assert "its lease is over" in script.log


def test_a_renewed_lease_keeps_the_engine(script, order, shared_dir):
    write_lease(shared_dir, LAUNCH, uptime() + 300)
    order("sh", "-c", SERVE)
    script.wait_state("running", LAUNCH)
    end = uptime() + 3
    write_lease(shared_dir, LAUNCH, end)
    write_lease(shared_dir, LAUNCH, end + 300)
    wait_for(lambda: (read_beat(shared_dir) or 0) > end + 0.5)
    assert script.status()["state"] == "running"


def test_it_never_gives_up(script, order, shared_dir):
    write_lease(shared_dir, LAUNCH, uptime() + 60)
    order("sh", "-c", "exit 9", failures=50)
    script.wait_state("failed 9", LAUNCH)
    beats(shared_dir)
    assert script.process.poll() is None


def test_the_hook_waits_for_the_release_while_the_engine_serves(script, order, shared_dir):
    write_lease(shared_dir, LAUNCH, uptime() + 60)
    order("sh", "-c", SERVE)
    script.wait_state("running", LAUNCH)
    hook = pre_stop(script)
    wait_for((shared_dir / "pre_stop.txt").exists)
    beats(shared_dir, 10)
    assert hook.poll() is None
    assert script.status()["state"] == "running"
    (shared_dir / "released.txt").write_text("yes\n")
    assert hook.wait(LIMIT_SECONDS) == 0


def test_the_hook_ends_with_the_lease_where_nobody_releases(script, order, shared_dir):
    write_lease(shared_dir, LAUNCH, uptime() + 300)
    order("sh", "-c", SERVE)
    script.wait_state("running", LAUNCH)
    write_lease(shared_dir, LAUNCH, uptime() + 2)
    hook = pre_stop(script)
    assert hook.wait(LIMIT_SECONDS) == 0
    assert not (shared_dir / "released.txt").exists()
    script.wait_state("exited 143", LAUNCH)


def test_a_new_script_takes_the_end_of_its_pod_back(script, shared_dir):
    script.wait_state("waiting")
    hook = pre_stop(script)
    wait_for((shared_dir / "pre_stop.txt").exists)
    (shared_dir / "released.txt").write_text("yes\n")
    hook.wait(LIMIT_SECONDS)
    script.kill_container()
    script.start()
    for name in ("pre_stop.txt", "released.txt"):
        wait_for(lambda name=name: not (shared_dir / name).exists())


def test_outside_a_group_the_hook_does_nothing(script, shared_dir):
    script.environment["LWS_GROUP_SIZE"] = "1"
    assert pre_stop(script).wait(LIMIT_SECONDS) == 0
    assert not (shared_dir / "pre_stop.txt").exists()
