"""A small engine of several nodes: pairs, answers by collective steps, and fails as vLLM does.

The leader's HTTP port opens when all workers have joined. An idle leader does not notice a dead
worker: the next request gets 500 and the leader exits with 0. A worker that lost its leader lives on
and pairs with nobody. Engines of two launches that pair leave a file `mixed` in --notes.
--meet is HOST:PORT of the leader's meeting point.
"""

import os
import socket
import sys
import threading
import time

from small_server import Server, answer, read_options, stream

OPTIONS = read_options(
    sys.argv[1:], rank=0, size=2, meet="127.0.0.1:29501", port=8000, load_seconds=0.0, notes=""
)
HOST, _, PORT = OPTIONS["meet"].partition(":")
MEETING = HOST, int(PORT)


def launch():
    with open(os.path.join(os.environ["WINGS_SHARED_DIR"], "current_command.sh")) as command:
        return command.read().split("# launch: ")[1].split("\n")[0]


def note(name, text):
    if OPTIONS["notes"]:
        with open(os.path.join(OPTIONS["notes"], name), "a") as file:
            file.write(text + "\n")


class WorkerGoneError(Exception):
    """No step can be done any more; a client that leaves is nothing of the kind."""


class Leader:
    """An engine with its workers, when they have joined."""

    def __init__(self):
        self.workers = self._meet()
        self.steps = 0
        self.lock = threading.Lock()

    def _meet(self):
        """Streams to all workers; when this returns no other can pair."""
        workers = {}
        with socket.create_server(MEETING) as meeting:
            while len(workers) < OPTIONS["size"] - 1:
                stream = meeting.accept()[0].makefile("rwb", buffering=0)
                rank, their_launch = stream.readline().decode().split()
                if their_launch != launch():
                    note("mixed", f"{their_launch} with {launch()}")
                workers[rank] = stream
        return list(workers.values())

    def step(self):
        with self.lock:
            for worker in self.workers:
                try:
                    worker.write(b"step\n")
                    is_done = worker.readline() == b"ok\n"
                except ConnectionError:
                    is_done = False
                if not is_done:
                    raise WorkerGoneError
            self.steps += 1

    def reply(self, path, write):
        try:
            self._reply(path, write)
        except WorkerGoneError:
            write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
            time.sleep(0.2)
            os._exit(0)

    def _reply(self, path, write):
        if path == "/metrics":
            text = b'# TYPE fake:steps_total counter\nfake:steps_total{a="}"} %d\n'
            answer(write, text % self.steps)
        elif path.startswith("/v1/stream/"):
            count, seconds = path.split("/")[3:]
            self.step()
            stream(write, self._numbers(int(count), float(seconds)))
        else:
            if path != "/health":
                self.step()
            answer(write, launch().encode())

    def _numbers(self, count, seconds):
        for number in range(count):
            yield b"data: %d\n\n" % number
            time.sleep(seconds)
            self.step()


def lead():
    leader = Leader()
    time.sleep(OPTIONS["load_seconds"])
    server = Server(OPTIONS["port"], leader.reply)
    note("served", launch())
    server.serve_forever()


def work():
    with connect() as leader:
        stream = leader.makefile("rwb", buffering=0)
        stream.write(f"{OPTIONS['rank']} {launch()}\n".encode())
        note("paired", f"{OPTIONS['rank']} {launch()}")
        while stream.readline() == b"step\n":
            stream.write(b"ok\n")
        threading.Event().wait()  # an orphan


def connect():
    while True:
        try:
            return socket.create_connection(MEETING)
        except OSError:
            time.sleep(0.05)


work() if OPTIONS["rank"] else lead()
