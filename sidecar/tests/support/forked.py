"""Programs in processes of their own, from a fork server that these tests share."""

import atexit
import functools
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from support.fork_server import WIDTH, Order

ROOT = Path(__file__).parents[2]


class Forked:
    """A program that was started; like subprocess.Popen as far as tests use that."""

    def __init__(self, order):
        self.returncode = None
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(server_address())
        self._connection.sendall(order.line())
        self.pid = self._receive()

    def poll(self):
        return self._code_within(0)

    def wait(self, seconds):
        code = self._code_within(seconds)
        if code is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", seconds)
        return code

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def _code_within(self, seconds):
        if self.returncode is None:
            waiting = select.poll()
            waiting.register(self._connection, select.POLLIN)
            if waiting.poll(seconds * 1000):
                self.returncode = self._receive()
                self._connection.close()
        return self.returncode

    def _receive(self):
        return int(self._connection.recv(WIDTH, socket.MSG_WAITALL))


def fork(module, argv, environment, log):
    """Starts this module's main(argv)."""
    return Forked(Order(module, list(argv), environment, str(log)))


@functools.cache
def server_address():
    """Of the fork server, which this starts, and ends with these tests."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")  # an address that the kernel chooses
        listener.listen(100)
        server = subprocess.Popen(
            [sys.executable, "-m", "support.fork_server", str(listener.fileno())],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
        )
        atexit.register(end, server)
        return listener.getsockname()


def end(server):
    server.kill()
    server.wait()
