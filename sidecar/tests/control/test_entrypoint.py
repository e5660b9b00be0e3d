"""The engine container's script under each shell, against files as the agent writes them."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support import entrypoint
from support.agent import process_state
from support.entrypoint import SHELLS, Entrypoint
from support.programs import need, need_that
from support.waiting import LIMIT_SECONDS, wait_for

from wings_infer.control.start_command import StartCommand, write_start_command
from wings_infer.control.stop_order import write_stop_order

SERVE = "while :; do sleep 0.1; done"


@pytest.fixture(params=SHELLS)
def start_script(request, shared_dir):
    started = []

    def start(**options):
        script = Entrypoint(request.param, shared_dir, **options)
        started.append(script)
        return script.start()

    yield start
    for script in started:
        script.stop()


@pytest.fixture
def order(shared_dir):
    def write(*argv, launch="1-a", failures=0, model=""):
        write_start_command(shared_dir, StartCommand(launch, failures, model, argv))

    return write


def test_it_waits_for_an_order(start_script):
    script = start_script()
    status = script.wait_state("waiting")
    assert (status["launch"], status["pid"], status["terminating"]) == ("none", "none", "no")


def test_it_runs_the_command_and_reports_its_process(start_script, order):
    script = start_script()
    order("sh", "-c", f"echo hello; {SERVE}")
    status = script.wait_state("running", "1-a")
    wait_for(lambda: "hello\n" in script.log)
    assert Path(f"/proc/{status['pid']}").exists()


def test_every_byte_of_the_command_survives(start_script, order, tmp_path):
    words = ["", "a b", "it's", '"$HOME" `id` $(id) \\', "line\nbreak\t", "{{ x }}", "# launch: 9-z",
             "汉字", "--", "-n", "*", "'" * 3, "end\n", os.fsdecode(bytes(range(1, 256)))]  # fmt: skip
    show = "import os,sys; open(sys.argv[1],'wb').write(b'\\0'.join(map(os.fsencode, sys.argv[2:])))"
    out = tmp_path / "words"
    script = start_script()
    order(sys.executable, "-c", show, str(out), *words)
    script.wait_state("failed 0", "1-a")
    assert out.read_bytes().split(b"\0") == [os.fsencode(word) for word in words]


@pytest.mark.parametrize("code", [0, 1, 42])
def test_an_engine_that_ends_is_a_failure_and_the_script_lives_on(start_script, order, code):
    script = start_script()
    order("sh", "-c", f"exit {code}")
    script.wait_state(f"failed {code}", "1-a")
    assert script.process.poll() is None
    order("sh", "-c", SERVE, launch="2-b", failures=1)
    script.wait_state("running", "2-b")


def test_a_killed_engine_is_reported_with_its_signal(start_script, order):
    script = start_script()
    order("sh", "-c", SERVE)
    status = script.wait_state("running", "1-a")
    os.kill(int(status["pid"]), signal.SIGKILL)
    script.wait_state("failed 137", "1-a")


def test_a_command_that_does_not_exist_is_reported(start_script, order):
    script = start_script()
    order("/no/such/engine")
    script.wait_state("failed 127", "1-a")


def test_a_launch_is_never_taken_twice(start_script, order, tmp_path):
    count = tmp_path / "count"
    script = start_script()
    order("sh", "-c", f"echo run >>{count}; exit 1")
    script.wait_state("failed 1", "1-a")
    order("sh", "-c", f"echo run >>{count}; exit 1")
    order("sh", "-c", "exit 3", launch="2-b")
    script.wait_state("failed 3", "2-b")
    assert count.read_text() == "run\n"


def test_a_new_launch_replaces_a_running_engine(start_script, order):
    script = start_script()
    order("sh", "-c", SERVE)
    old = script.wait_state("running", "1-a")["pid"]
    order("sh", "-c", SERVE, launch="2-b")
    script.wait_state("running", "2-b")
    assert not Path(f"/proc/{old}").exists()


def test_a_stop_order_ends_the_engine_with_term(start_script, order, shared_dir):
    script = start_script()
    order("sh", "-c", f"trap 'echo bye; exit 7' TERM; echo up; {SERVE}")
    wait_for(lambda: "up\n" in script.log)
    write_stop_order(shared_dir, "1-a", "test", is_failure=False)
    script.wait_state("exited 7", "1-a")
    assert "bye" in script.log
    assert script.process.poll() is None


def test_an_engine_that_ignores_term_is_killed_with_its_children(
    start_script, order, shared_dir, tmp_path
):
    child = tmp_path / "child"
    script = start_script(WINGS_STOP_SECONDS="1")
    order("sh", "-c", f"trap '' TERM; sleep 1000 & echo $! >{child}; {SERVE}")
    script.wait_state("running", "1-a")
    pid = wait_for(lambda: child.exists() and child.read_text().strip())
    write_stop_order(shared_dir, "1-a", "test", is_failure=False)
    script.wait_state("exited 137", "1-a")
    wait_for(lambda: is_dead(pid))


def test_what_a_dead_engine_leaves_running_is_killed(start_script, order, tmp_path):
    child = tmp_path / "child"
    script = start_script()
    order("sh", "-c", f"sleep 1000 & echo $! >{child}; exit 1")
    script.wait_state("failed 1", "1-a")
    wait_for(lambda: is_dead(child.read_text().strip()))


def test_what_left_the_engines_group_and_holds_its_output_is_not_waited_for(start_script, order):
    script = start_script()
    order("setsid", "-f", "sh", "-c", "echo process $$; exec sleep 1000")
    try:
        script.wait_state("failed 0", "1-a")
    finally:
        stray = wait_for(lambda: re.search(r"^process (\d+)$", script.log, re.MULTILINE))
        os.kill(int(stray[1]), signal.SIGKILL)


def test_an_order_to_stop_another_launch_is_ignored(start_script, order, shared_dir):
    write_stop_order(shared_dir, "0-z", "test", is_failure=False)
    script = start_script()
    order("sh", "-c", SERVE)
    script.wait_state("running", "1-a")
    order("sh", "-c", "exit 5", launch="2-b")
    script.wait_state("failed 5", "2-b")


def test_sigterm_keeps_the_engine_until_it_is_released(start_script, order, shared_dir):
    script = start_script()
    order("sh", "-c", SERVE)
    script.wait_state("running", "1-a")
    script.term()
    status = script.wait_state("stopping", "1-a")
    assert status["terminating"] == "yes"
    assert not is_dead(status["pid"])
    write_stop_order(shared_dir, "1-a", "released", is_failure=False)
    assert script.wait_end() == 0
    assert script.status()["state"] == "exited 143"


def test_sigterm_without_a_release_ends_at_the_deadline(start_script, order):
    script = start_script(WINGS_GRACE_SECONDS="3", WINGS_STOP_SECONDS="1")
    order("sh", "-c", f"trap '' TERM; echo up; {SERVE}")
    script.wait_state("running", "1-a")
    wait_for(lambda: "up\n" in script.log)
    script.term()
    assert script.wait_end() == 0
    assert script.status()["state"] == "exited 137"


def test_sigterm_without_an_engine_ends_at_once(start_script):
    script = start_script()
    script.wait_state("waiting")
    script.term()
    assert script.wait_end() == 0


def test_an_engine_that_fails_while_the_pod_ends_is_not_started_again(start_script, order):
    script = start_script()
    order("sh", "-c", SERVE)
    pid = script.wait_state("running", "1-a")["pid"]
    script.term()
    script.wait_state("stopping", "1-a")
    os.kill(int(pid), signal.SIGKILL)
    assert script.wait_end() == 137


def test_it_gives_up_with_the_engines_code_after_failures_in_a_row(start_script, order):
    script = start_script(WINGS_MAX_FAILURES="3")
    order("sh", "-c", "exit 9", failures=1)
    script.wait_state("failed 9", "1-a")
    assert script.process.poll() is None
    order("sh", "-c", "exit 9", failures=2, launch="2-b")
    assert script.wait_end() == 9
    assert "gives up after 3 failures in a row" in script.log


def test_an_ordered_stop_can_be_a_failure(start_script, order, shared_dir):
    script = start_script(WINGS_MAX_FAILURES="3")
    order("sh", "-c", f"echo loading; {SERVE}", failures=2)
    script.wait_state("running", "1-a")
    wait_for(lambda: "loading\n" in script.log)
    write_stop_order(shared_dir, "1-a", "not ready", is_failure=True)
    assert script.wait_end() == 143
    assert (shared_dir / "engine_failure.txt").read_text().endswith("loading\n")


def test_the_last_50_lines_of_a_failed_run_are_kept(start_script, order, shared_dir):
    script = start_script()
    order("sh", "-c", "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; exit 1")
    script.wait_state("failed 1", "1-a")
    head, _, lines = (shared_dir / "engine_failure.txt").read_text().partition("\n\n")
    assert head.startswith("launch: 1-a\nended: failed with code 1\n")
    assert lines.splitlines() == [f"line {number}" for number in range(2950, 3000)]
    assert "line 0\n" in script.log


def test_what_is_kept_is_bounded(start_script, order, shared_dir):
    script = start_script()
    order("sh", "-c", "head -c 20000000 /dev/zero | tr '\\0' x; echo; echo end; exit 1")
    script.wait_state("failed 1", "1-a")
    kept = sum(path.stat().st_size for path in shared_dir.glob("engine_*.txt"))
    assert kept < 3.1 * 1024 * 1024
    assert (shared_dir / "engine_failure.txt").stat().st_size < 110_000
    assert script.log.count("x") > 19_999_000


def test_output_is_live_and_unchanged(start_script, order):
    script = start_script()
    order("sh", "-c", f"printf 'half a line'; {SERVE}")
    wait_for(lambda: "half a line" in script.log)
    order("sh", "-c", r"printf '\000\377\r50%%\r'; exit 1", launch="2-b")
    script.wait_state("failed 1", "2-b")
    assert b"\x00\xff\r50%\r" in script.log_path.read_bytes()


def test_a_killed_script_leaves_the_last_lines_and_its_launch_behind(start_script, order, shared_dir):
    script = start_script()
    order("sh", "-c", f"echo last words; {SERVE}")
    script.wait_state("running", "1-a")
    wait_for(lambda: "last words" in script.log)
    output = shared_dir / "engine_output.2.txt"
    wait_for(lambda: output.exists() and b"last words" in output.read_bytes())
    script.kill_container()
    again = start_script()
    assert again.wait_state("waiting")["launch"] == "1-a"
    kept = (shared_dir / "engine_failure.txt").read_text()
    assert "ended: was killed together with its container" in kept
    assert kept.endswith("last words\n")


def test_a_killed_container_takes_along_an_engine_that_it_has_not_reported(
    start_script, order, shared_dir
):
    script = start_script()
    begun = shared_dir.parent / "begun"
    order("sh", "-c", f"echo $$ >{begun}.new; mv {begun}.new {begun}; {SERVE}")
    wait_for(begun.exists)
    script.kill_container()
    assert process_state(int(begun.read_text())) in (None, "Z")


def test_unreadable_model_files_are_named(start_script, order, shared_dir):
    need_that(os.getuid() == 0, "only root can become another user")
    model = shared_dir.parent / "model"
    model.mkdir(mode=0o755)
    model.chmod(0o755)
    (model / "config.json").touch(mode=0o644)
    (model / "model.safetensors").touch(mode=0o600)
    (shared_dir.parent / "engine.log").touch(mode=0o666)
    script = start_script(user=10001)
    order("sh", "-c", SERVE, model=str(model))
    status = script.wait_state("running", "1-a")
    assert status["problem"].strip() == f"{model}/model.safetensors: not readable by uid 10001"
    assert "not readable by uid 10001" in script.log


def test_a_missing_model_is_named(start_script, order):
    script = start_script()
    order("sh", "-c", SERVE, model="/no/such/model")
    assert script.wait_state("running", "1-a")["problem"].strip() == "/no/such/model: not found"


@pytest.mark.parametrize(
    ("file", "text"),
    [("memory.events", "low 0\noom 3\noom_kill {}\n"),
     ("memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n")],
)  # fmt: skip
def test_an_engine_killed_for_memory_is_told_apart(shared_dir, order, tmp_path, monkeypatch, file, text):
    """The kernel's count stands in a file that only the kernel writes: here it is another one."""
    counts = tmp_path / "cgroup" / file
    counts.parent.mkdir(parents=True)
    counts.write_text(text.format(4))
    script = tmp_path / "script.sh"
    script.write_text(entrypoint.SCRIPT.read_text().replace("/sys/fs/cgroup", f"{tmp_path}/cgroup"))
    monkeypatch.setattr(entrypoint, "SCRIPT", script)
    pod = Entrypoint("dash", shared_dir).start()
    try:
        order("sh", "-c", "kill -9 $$", launch="1-a")
        assert pod.wait_state("failed 137", "1-a")["problem"] == ""
        order("sh", "-c", f"echo '{text.format(5)}' > {counts}; kill -9 $$", launch="2-b")
        assert "out of memory" in pod.wait_state("failed 137", "2-b")["problem"]
        kept = (shared_dir / "engine_failure.txt").read_text()
        assert "ended: failed with code 137: the kernel killed a process of it: out of mem" in kept
        order("sh", "-c", SERVE, launch="3-c")
        assert pod.wait_state("running", "3-c")["problem"] == ""
    finally:
        pod.stop()


def test_it_works_with_what_a_busybox_image_has(shared_dir, order, tmp_path):
    need("busybox")
    subprocess.run(["busybox", "--install", "-s", str(tmp_path)], check=True)
    script = Entrypoint("busybox", shared_dir, path=str(tmp_path)).start()
    try:
        order("sh", "-c", "echo hello; exit 4")
        script.wait_state("failed 4", "1-a")
        assert (shared_dir / "engine_failure.txt").read_text().endswith("hello\n")
    finally:
        script.stop()


def is_dead(pid):
    return process_state(pid) in (None, "Z")


def can_be_first_process():
    try:
        return not subprocess.run(
            ["unshare", "-pf", "true"], check=False, capture_output=True
        ).returncode
    except FileNotFoundError:
        return False


def end_namespace(unshare):
    """Kills its first process, whose end is that of all others: else one may still write a file."""
    first = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
    for pid in map(int, first or [unshare.pid]):
        os.kill(pid, signal.SIGKILL)
    unshare.wait(LIMIT_SECONDS)


@pytest.mark.parametrize("shell", SHELLS)
def test_as_the_first_process_it_reaps_what_is_orphaned(shared_dir, order, shell):
    """As in a container: nobody else collects what the engine's children leave."""
    need_that(can_be_first_process(), "no process namespaces here")
    script = Entrypoint(shell, shared_dir)
    script.before = ["unshare", "-pf", "--mount-proc", "--kill-child"]
    script.start()
    try:
        orphans = "i=0; while [ $i -lt 20 ]; do (echo >>$0 & ) ; i=$((i+1)); done"
        ended = "until [ $(wc -l <$0) -eq 20 ]; do sleep 0.05; done"
        reaped = "while grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.05; done"
        order("sh", "-c", f"{orphans}; {ended}; {reaped}; exit 6", str(shared_dir / "ended"))
        script.wait_state("failed 6", "1-a")
        order("sh", "-c", SERVE, launch="2-b")
        script.wait_state("running", "2-b")
    finally:
        end_namespace(script.process)
