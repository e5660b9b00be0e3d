"""Starts programs as forks of a process that has imported them: `fork_server.py LISTENER`.

A new Python and its imports cost more CPU than most tests; a fork costs milliseconds. Nothing else
differs: main() runs in a process of its own, with its own environment and output.

LISTENER is an open socket. A client connects and sends one line of JSON, an Order. It receives the
process id, and the exit code as soon as there is one, each as a number of WIDTH bytes.
"""

import importlib
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass

WIDTH = 8
PROGRAMS = ("wings_infer.__main__", "support.door_program")
PAUSE_SECONDS = 1


@dataclass(frozen=True)
class Order:
    """One program to start."""

    module: str
    """Its main(argv) is called."""
    argv: list
    environment: dict
    log: str
    """The file that its output is added to."""

    def line(self):
        return json.dumps(asdict(self)).encode() + b"\n"


def serve(listener):
    """Until the tests have ended, killed or not."""
    tests = os.getppid()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener.settimeout(PAUSE_SECONDS)
    while os.getppid() == tests:
        with suppress(TimeoutError):
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                return keep(connection)
            connection.close()
    return 0


def keep(connection):
    """Starts the program and waits for it; returns twice, there and here."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.setblocking(True)
    order = Order(**json.loads(connection.makefile("rb").readline()))
    pid = os.fork()
    if not pid:
        connection.close()
        return run(order)
    send(connection, pid)
    send(connection, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return 0


def send(connection, number):
    with suppress(BrokenPipeError):  # the tests have ended
        connection.sendall(b"%*d" % (WIDTH, number))


def run(order):
    log = os.open(order.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for output in (1, 2):
        os.dup2(log, output)
    os.close(log)
    os.environ.clear()
    os.environ.update(order.environment)
    return importlib.import_module(order.module).main(order.argv)


if __name__ == "__main__":
    for module in PROGRAMS:
        importlib.import_module(module)
    sys.exit(serve(socket.socket(fileno=int(sys.argv[1]))))
