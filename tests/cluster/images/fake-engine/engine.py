"""What goes on in an engine, and between the members of its group."""

import asyncio
import os
import signal
import socket
import sys
import time

from given import HOST, MEETING, NODES, PORT, RANK, VERSION, WAYS, number, options

IDLE_STEP_SECONDS = 0.2


class Engine:
    """What is going on, and how it ends."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(int(options(WAYS.places_flag, "256")[0]))
        self.running = self.waiting = self.unanswered = self.tokens = 0
        self.hangs_at = time.monotonic() + number("FAKE_HANG_AFTER_S", float("inf"))
        self.squatter = socket.create_server((HOST, PORT)) if number("FAKE_PORT_TAKEN") else None
        self.is_loaded = self.is_ending = False
        self.ended = asyncio.Event()
        self.group = Group()

    async def health(self) -> int:
        """The status of /health."""
        if not self.is_loaded or (self.is_ending and WAYS.finishes_streams):
            return 503
        if WAYS.steps_when_idle:
            await self.group.step()
        return 200

    async def tokens_of(self, request: dict, reader: asyncio.StreamReader):
        """The answer's words, one by one; fewer where the client leaves."""
        self.waiting += 1
        try:
            await self.places.acquire()
        finally:
            self.waiting -= 1
        self.running += 1
        try:
            for position in range(count_of(request)):
                await asyncio.sleep(number("FAKE_TOKEN_MS", 10) / 1000)
                if reader.at_eof():
                    return
                await self.group.step()
                self.tokens += 1
                yield f"{position} "
        finally:
            self.running -= 1
            self.places.release()

    async def end(self, server: asyncio.Server) -> None:
        """What TERM does."""
        self.is_ending = True
        if not WAYS.finishes_streams:
            server.close()
        patience = float("inf") if WAYS.finishes_streams else number("FAKE_TERM_SECONDS")
        until = time.monotonic() + patience
        while self.unanswered and time.monotonic() < until:
            await asyncio.sleep(0.01)
        if WAYS.worker_awaits_leader:
            await self.group.end()
        self.ended.set()


def count_of(request: dict) -> int:
    return request.get("max_completion_tokens") or request.get("max_tokens") or 16


class Group:
    """The workers that have joined this leader."""

    def __init__(self) -> None:
        self.workers: dict[str, tuple] = {}
        self.versions = [VERSION] if VERSION else []
        self.turn = asyncio.Lock()

    async def gather(self) -> None:
        """Waits for all; none joins later."""
        complete = asyncio.Event()

        async def joined(reader, writer) -> None:
            rank, *version = (await reader.readline()).decode().split()
            self.workers[rank] = (reader, writer)
            self.versions += version
            if len(self.workers) == NODES - 1:
                complete.set()

        meeting = await asyncio.start_server(joined, "0.0.0.0", MEETING[1])
        print(f"Waiting for {NODES - 1} workers on port {MEETING[1]}", flush=True)
        await complete.wait()
        meeting.close()

    async def step(self) -> None:
        """One step of all; a worker that is gone ends this engine, as a broken collective does."""
        async with self.turn:
            try:
                for reader, writer in self.workers.values():
                    writer.write(b"step\n")
                    if await reader.readline() != b"ok\n":
                        raise ConnectionError
            except ConnectionError:
                print("RuntimeError: NCCL: a peer is gone", file=sys.stderr, flush=True)
                await die_after(WAYS.dies_without_worker)

    async def step_without_requests(self) -> None:
        """So a lost worker is noticed."""
        while self.workers:
            await self.step()
            await asyncio.sleep(IDLE_STEP_SECONDS)

    async def end(self) -> None:
        """The leader's word that its workers end as well."""
        async with self.turn:
            for _, writer in self.workers.values():
                writer.write(b"end\n")
            self.workers.clear()

    @staticmethod
    async def work() -> None:
        """A worker's whole life; without its leader it is an orphan."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(*MEETING)
                break
            except OSError:
                await asyncio.sleep(0.1)
        writer.write(f"{RANK} {VERSION}\n".encode())
        print(f"Worker {RANK} joined {MEETING[0]}", flush=True)
        while (word := await reader.readline()) == b"step\n":
            writer.write(b"ok\n")
        if word == b"end\n" and WAYS.worker_awaits_leader:
            return
        print("The leader is gone", flush=True)
        await die_after(WAYS.dies_without_leader or 1e6)


async def die_after(seconds: float) -> None:
    """What an engine does that has lost its peers: SGLang's kills itself, vLLM's ends at once."""
    if not seconds:
        os._exit(0)
    await asyncio.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)
