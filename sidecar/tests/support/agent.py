"""The real program in a process of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from support.forked import ROOT, fork
from support.ports import HeldPort
from support.raw_client import RawClient
from support.waiting import LIMIT_SECONDS, wait_for

FAST = {
    "WINGS_ENGINE_HEALTH_INTERVAL_SECONDS": "0.1",
    "WINGS_ENGINE_HEALTH_TIMEOUT_SECONDS": "60",
    "WINGS_ENGINE_LOAD_INTERVAL_SECONDS": "0.05",
    "WINGS_DRAIN_DELAY_SECONDS": "0",
    "WINGS_DRAIN_SECONDS": "60",
    "WINGS_STOP_SECONDS": "10",
    "WINGS_ENGINE_IDLE_TIMEOUT_SECONDS": "60",
    "WINGS_BACKOFF_SECONDS": "0",
}
ARGV = ("engine", "--model", "/models/x")


def process_state(pid):
    """One letter as ps shows it, None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Agent:
    """`is_forked`: from the fork server, else by a command line as an image has it."""

    is_forked = True
    module = "wings_infer.__main__"

    def __init__(
        self, shared_dir, engine_port, argv=ARGV, host="127.0.0.1", cluster_port=None, **environment
    ):
        self.shared_dir = Path(shared_dir)
        self.host = host
        self._held = HeldPort(), HeldPort()
        self.port, own_port = (port.number for port in self._held)
        self.cluster_port = cluster_port or own_port
        self.argv = argv
        self.words = ["-m", "wings_infer", *argv]
        self.environment = {
            **FAST,
            "WINGS_LISTEN_HOST": host,
            "WINGS_SHARED_DIR": str(shared_dir),
            "ENGINE_PORT": str(engine_port),
            "WINGS_PORT": str(self.port),
            "WINGS_CLUSTER_PORT": str(self.cluster_port),
            "MODEL_NAME": "tiny",
            "MODEL_PATH": "none",
            **environment,
        }
        self.process = None

    def start(self):
        self.log_path = self.shared_dir.with_name(self.shared_dir.name + ".log")
        environment = {"PATH": os.environ["PATH"], **self.environment}
        if self.is_forked:
            self.process = fork(self.module, self.argv, environment, self.log_path)
        else:
            self.process = self._open(environment)
        wait_for(lambda: self.listens() or self._ended(), "the agent's port")
        return self

    def _open(self, environment):
        with self.log_path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *self.words], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def _ended(self):
        assert self.process.poll() is None, self.log()
        return False

    def listens(self):
        try:
            with socket.create_connection((self.host, self.cluster_port), 1):
                return True
        except OSError:
            return False

    def log(self):
        return self.log_path.read_text(errors="replace")

    def log_lines(self, kind):
        found = []
        for line in self.log().split("\n")[:-1]:  # the last one may still be on its way
            if line.startswith("{"):
                document = json.loads(line)
                if document["kind"] == kind:
                    found.append(document)
        return found

    def client(self):
        return RawClient(self.port, host=self.host)

    @contextmanager
    def asleep(self):
        """The program does nothing meanwhile: it finds all at once when it wakes."""
        self.process.send_signal(signal.SIGSTOP)
        wait_for(lambda: process_state(self.process.pid) == "T", "the stop")
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def get(self, path, *fields, cluster=False):
        with RawClient(self.cluster_port if cluster else self.port, host=self.host) as client:
            return client.get(path, *fields)

    def post(self, path, body=b"{}", *fields):
        with self.client() as client:
            return client.post(path, body, *fields)

    def status(self):
        return self.get("/engine/status", cluster=True).json

    def metric(self, line):
        text = self.get("/metrics", cluster=True).body.decode()
        values = [row.rpartition(" ")[2] for row in text.splitlines() if row.rpartition(" ")[0] == line]
        return float(values[0]) if values else None

    def wait_state(self, state):
        return wait_for(
            lambda: self.status()["state"] == state, lambda: f"state {state}, log:\n{self.log()}"
        )

    def wait_ready(self):
        return wait_for(
            lambda: self.get("/health").status == 200, lambda: f"readiness, log:\n{self.log()}"
        )

    def launch(self):
        text = (self.shared_dir / "start_command.sh").read_text(errors="replace")
        return text.split("# launch: ")[1].split("\n")[0]

    def report(self, state, launch=None, **fields):
        """Writes what the engine's entrypoint would report."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        lines = {"state": state, "launch": launch or self.launch(), "time": now, **fields}
        fresh = self.shared_dir / "engine_status.txt.test"
        fresh.write_text("".join(f"{key}: {value}\n" for key, value in lines.items()))
        fresh.replace(self.shared_dir / "engine_status.txt")

    def term(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_end(self, limit=LIMIT_SECONDS):
        return self.process.wait(limit)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(LIMIT_SECONDS)

    def close(self):
        """Stops for good: its ports are anybody's again."""
        self.stop()
        for port in self._held:
            port.release()
