"""The engine container's script, run by the shells it must work in."""

import os
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from support.programs import need
from support.waiting import LIMIT_SECONDS, wait_for

SCRIPT = Path(__file__).parents[3] / "chart-templates/core/files/engine-entrypoint.sh"
WANTED = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "ash"]}
SHELLS = {name: [shutil.which(words[0]) or words[0], *words[1:]] for name, words in WANTED.items()}


class Entrypoint:
    def __init__(self, shell, shared_dir, user=None, path=None, **environment):
        need(WANTED[shell][0])
        self.shell, self.shared_dir, self.user = shell, shared_dir, user
        self.name = secrets.token_hex(8)
        self.environment = {
            "PATH": path or os.environ["PATH"],
            "WINGS_SHARED_DIR": str(shared_dir),
            "WINGS_GRACE_SECONDS": "40",
            "WINGS_STOP_SECONDS": "10",
            "WINGS_POLL_SECONDS": "0.02",
            "WINGS_TEST_CONTAINER": self.name,
            **environment,
        }
        self.log_path = shared_dir.with_name("engine.log")
        self.process = None
        self.before = []

    def start(self):
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, *SHELLS[self.shell], str(SCRIPT)],
                env=self.environment,
                stdout=log,
                stderr=log,
                user=self.user,
                start_new_session=True,
            )
        return self

    @property
    def log(self):
        return self.log_path.read_bytes().decode(errors="replace")

    def status(self):
        path = self.shared_dir / "engine_status.txt"
        if not path.exists():
            return {}
        return dict(line.partition(": ")[::2] for line in path.read_text().splitlines())

    def wait_state(self, state, launch=None):
        def reached():
            status = self.status()
            return status.get("state") == state and (launch is None or status["launch"] == launch)

        wait_for(reached, lambda: f"state {state} of {launch}, {self.status()}, log:\n{self.log}")
        return self.status()

    def term(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_end(self, limit=LIMIT_SECONDS):
        return self.process.wait(limit)

    def kill_container(self):
        """What the kernel does to a container out of memory: all of it dies at once.

        The script's report may not name the engine yet, and the engine leaves the script's session.
        """
        kill(self.process.pid, signal.SIGSTOP)  # it starts nothing more
        for pid in children(self.process.pid):
            kill(pid, signal.SIGKILL)
        kill(self.process.pid, signal.SIGKILL)
        self.process.wait(LIMIT_SECONDS)
        while pids := processes_of(self.name):
            for pid in pids:
                kill(pid, signal.SIGKILL)

    def stop(self):
        if self.process:
            self.kill_container()


def kill(pid, signal_number):
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return


def children(pid):
    try:
        return map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    except OSError:
        return ()


def processes_of(name):
    """All that was started in the container, in whatever session; none that has ended."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if has(path, name)]


def has(environ, name):
    try:
        return f"WINGS_TEST_CONTAINER={name}".encode() in environ.read_bytes().split(b"\0")
    except OSError:
        return False  # it has ended, or is another user's
