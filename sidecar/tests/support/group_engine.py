"""A small engine of several nodes: pairs, answers by collective steps, and fails as vLLM does.

The leader's HTTP port opens when all workers have joined. An idle leader does not notice a dead
worker: the next request gets 500 and the leader exits with 0. A worker that lost its leader lives on
and pairs with nobody. Engines of two launches that pair leave a file `mixed` in --notes.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

STEPS = [0]


def launch():
    command = Path(os.environ["WINGS_SHARED_DIR"], "current_command.sh").read_text()
    return command.split("# launch: ")[1].split("\n")[0]


def note(name, text):
    if OPTIONS.notes:
        with Path(OPTIONS.notes, name).open("a") as file:
            file.write(text + "\n")


async def lead():
    workers, complete = {}, asyncio.Event()

    async def joined(reader, writer):
        rank, their_launch = (await reader.readline()).decode().split()
        if their_launch != launch():
            note("mixed", f"{their_launch} with {launch()}")
        workers[rank] = (reader, writer)
        if len(workers) == OPTIONS.size - 1:
            complete.set()

    host, _, port = OPTIONS.meet.partition(":")
    meeting = await asyncio.start_server(joined, host, int(port), reuse_port=False)
    await complete.wait()
    meeting.close()  # nobody pairs later
    await asyncio.sleep(OPTIONS.load_seconds)
    lock = asyncio.Lock()
    server = await asyncio.start_server(
        lambda reader, writer: answer(reader, writer, workers, lock), "127.0.0.1", OPTIONS.port
    )
    note("served", launch())
    await server.serve_forever()


class WorkerGoneError(Exception):
    """No step can be done any more; a client that leaves is nothing of the kind."""


async def step(workers, lock):
    async with lock:
        for reader, writer in workers.values():
            try:
                writer.write(b"step\n")
                is_done = await reader.readline() == b"ok\n"
            except ConnectionError:
                is_done = False
            if not is_done:
                raise WorkerGoneError
    STEPS[0] += 1


async def answer(reader, writer, workers, lock):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            length = [line for line in head.split("\r\n") if line.lower().startswith("content-length")]
            await reader.readexactly(int(length[0].split(":")[1]) if length else 0)
            await reply(path, writer, workers, lock)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
    except WorkerGoneError:
        writer.write(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
        await asyncio.sleep(0.2)
        os._exit(0)


async def reply(path, writer, workers, lock):
    text = launch().encode()
    if path == "/metrics":
        text = b'# TYPE fake:steps_total counter\nfake:steps_total{a="}"} %d\n' % STEPS[0]
    elif path.startswith("/v1/stream/"):
        count, seconds = path.split("/")[3:]
        await step(workers, lock)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(int(count)):
            piece = b"data: %d\n\n" % number
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await asyncio.sleep(float(seconds))
            await step(workers, lock)
        writer.write(b"0\r\n\r\n")
        return
    elif path != "/health":
        await step(workers, lock)
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))


async def work():
    host, _, port = OPTIONS.meet.partition(":")
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            break
        except OSError:
            await asyncio.sleep(0.05)
    writer.write(f"{OPTIONS.rank} {launch()}\n".encode())
    note("paired", f"{OPTIONS.rank} {launch()}")
    while await reader.readline() == b"step\n":
        writer.write(b"ok\n")
    await asyncio.sleep(1e6)  # an orphan


parser = argparse.ArgumentParser()
parser.add_argument("--rank", type=int, default=0)
parser.add_argument("--size", type=int, default=2)
parser.add_argument("--meet", default="127.0.0.1:29501", help="HOST:PORT of the leader's meeting point")
parser.add_argument("--port", type=int, default=8000)
parser.add_argument("--load-seconds", type=float, default=0)
parser.add_argument("--fail", type=int, default=0, help="exit with this code at once")
parser.add_argument("--notes", default="")
OPTIONS = parser.parse_args()
if OPTIONS.fail:
    sys.exit(OPTIONS.fail)
asyncio.run(work() if OPTIONS.rank else lead())
