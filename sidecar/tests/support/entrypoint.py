"""The engine container's script, run by the shells it must work in."""

import os
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
        self.environment = {
            "PATH": path or os.environ["PATH"],
            "WINGS_SHARED_DIR": str(shared_dir),
            "WINGS_GRACE_SECONDS": "40",
            "WINGS_STOP_SECONDS": "10",
            "WINGS_POLL_SECONDS": "0.02",
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
        """What the kernel does to a container out of memory: all of it dies at once."""
        pid = self.status().get("pid", "none")
        if pid != "none" and not self.before:  # in a namespace of its own the number means nothing here
            kill_all(int(pid))
        kill_all(self.process.pid)
        self.process.wait(LIMIT_SECONDS)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill_container()


def kill_all(pid):
    """Kills a process and its group; an engine may not have made its own group yet."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
