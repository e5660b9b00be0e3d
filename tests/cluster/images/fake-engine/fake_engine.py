#!/usr/bin/env python3
"""An engine without a model: vLLM's HTTP interface, its flags and its ways to fail.

Any flag is accepted; `--host`, `--port`, `--served-model-name`, `--max-model-len`, `--max-num-seqs`
and the model's path after `serve` (an absolute one must exist) mean what they mean to vLLM. The
environment tells the rest:

FAKE_LOAD_SECONDS        loads for so long before it listens (0)
FAKE_TOKEN_MS            time between two tokens (10)
FAKE_MEMORY_MIB          memory that loading takes, written to (0)
FAKE_EXIT_CODE_AT_START  ends with this code instead of listening
FAKE_PORT_TAKEN          1: finds its port in use
FAKE_CRASH_AFTER_S       ends with code 1 so long after it began to listen
FAKE_HANG_AFTER_S        answers nothing any more, health neither, from then on
FAKE_TERM_SECONDS        after TERM finishes its streams for at most so long; without it drops them
FAKE_IGNORE_TERM         1: does not end at TERM at all
FAKE_VERSION             answers carry those of all members of the group as their system_fingerprint
FAKE_TELL_LAUNCH         1: the version is RANK:LAUNCH@ADDRESS, who this engine is
FAKE_FAIL_FILE           where this file is, one start removes it and ends with code 1

GET /debug/argv tells what it was given. GET /debug/eat takes memory until the kernel ends it; so
does SIGUSR1, which reaches the engines of workers, too.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

ARGUMENTS = sys.argv[1:]
KEEP_ALIVE_SECONDS = 5  # as vLLM's server
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}


def number(name: str, default: float = 0) -> float:
    return float(os.environ.get(name) or default)


def options(name: str, default: str) -> list[str]:
    """The words after a flag's first occurrence."""
    if name not in ARGUMENTS:
        return [default]
    words = ARGUMENTS[ARGUMENTS.index(name) + 1 :]
    return [words[0], *itertools.takewhile(lambda word: not word.startswith("--"), words[1:])]


MODEL_PATH = ARGUMENTS[1] if ARGUMENTS[:1] == ["serve"] and len(ARGUMENTS) > 1 else ""
HOST = options("--host", "0.0.0.0")[0]
PORT = int(options("--port", "8000")[0])
NAMES = options("--served-model-name", MODEL_PATH)
NODES = int(options("--nnodes", "1")[0])
RANK = int(options("--node-rank", "0")[0])
MEETING = options("--master-addr", "127.0.0.1")[0], int(options("--master-port", "29501")[0])
MAX_LENGTH = int(options("--max-model-len", "4096")[0])
VERSION = os.environ.get("FAKE_VERSION", "")
if number("FAKE_TELL_LAUNCH"):
    _, LAUNCH, *_ = Path("/shared-volume/current_command.sh").read_text().split("\n")
    VERSION = f"{RANK}:{LAUNCH.removeprefix('# launch: ')}@{os.environ['POD_IP']}"


class Engine:
    """What is going on, and how it ends."""

    def __init__(self) -> None:
        self.places = asyncio.Semaphore(int(options("--max-num-seqs", "256")[0]))
        self.running = self.waiting = self.unanswered = self.tokens = 0
        self.hangs_at = time.monotonic() + number("FAKE_HANG_AFTER_S", float("inf"))
        self.squatter = socket.create_server((HOST, PORT)) if number("FAKE_PORT_TAKEN") else None
        self.ended = asyncio.Event()
        self.group = Group()

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
        server.close()
        until = time.monotonic() + number("FAKE_TERM_SECONDS")
        while self.unanswered and time.monotonic() < until:
            await asyncio.sleep(0.01)
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
        """Waits for all; nobody pairs later."""
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
                os._exit(0)

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
        while await reader.readline() == b"step\n":
            writer.write(b"ok\n")
        print("The leader is gone", flush=True)
        await asyncio.sleep(1e6)


class Exchange:
    """One request on a connection, and its answer."""

    def __init__(self, engine: Engine, reader, writer, head: str) -> None:
        self.engine, self.reader, self.writer = engine, reader, writer
        first, *fields = head.split("\r\n")
        self.method, path = first.split(" ")[:2]
        self.path = path.partition("?")[0]
        self.fields = {
            name.lower(): text.strip() for name, _, text in (f.partition(":") for f in fields)
        }

    async def answer(self) -> None:
        body = await self.body()
        if time.monotonic() >= self.engine.hangs_at:
            await asyncio.sleep(86400)
        if self.method == "POST" and self.path in ("/v1/completions", "/v1/chat/completions"):
            self.engine.unanswered += 1
            try:
                await self.complete(body)
                return await self.writer.drain()
            finally:
                self.engine.unanswered -= 1
        make = PAGES.get(self.path) if self.method == "GET" else None
        return self.send(make(self.engine)) if make else self.refuse(404, "Not Found")

    async def body(self) -> bytes:
        if "transfer-encoding" not in self.fields:
            return await self.reader.readexactly(int(self.fields.get("content-length", 0)))
        data = b""
        while size := int(await self.reader.readline(), 16):
            data += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readline()
        return data

    async def complete(self, body: bytes) -> None:
        request = json.loads(body)
        if request.get("model", NAMES[0]) not in NAMES:
            return self.refuse(404, f"The model `{request['model']}` does not exist.")
        if count_of(request) > MAX_LENGTH:
            return self.refuse(400, f"This model's maximum context length is {MAX_LENGTH} tokens.")
        versions = self.engine.group.versions
        answer = Answer(request, is_chat="chat" in self.path, versions=" ".join(versions))
        tokens = self.engine.tokens_of(request, self.reader)
        if request.get("stream"):
            return await self.stream(answer, tokens)
        return self.send(answer.whole([word async for word in tokens]))

    async def stream(self, answer: "Answer", tokens) -> None:
        self.writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        made = 0
        async for word in tokens:
            made += 1
            await self.event(json.dumps(answer.piece(word, made)))
        if (answer.request.get("stream_options") or {}).get("include_usage"):
            await self.event(json.dumps({**answer.common(), "choices": [], "usage": usage(made)}))
        await self.event("[DONE]")
        self.writer.write(b"0\r\n\r\n")

    async def event(self, text: str) -> None:
        data = f"data: {text}\n\n".encode()
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.writer.drain()

    def refuse(self, status: int, message: str) -> None:
        self.send({"error": {"message": message, "type": REASONS[status], "code": status}}, status)

    def send(self, content: dict | str, status: int = 200) -> None:
        kind = "text/plain; version=0.0.4" if isinstance(content, str) else "application/json"
        data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.writer.write(
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )


class Answer:
    """The documents of one completion, as the OpenAI API has them."""

    def __init__(self, request: dict, *, is_chat: bool, versions: str) -> None:
        self.request, self.is_chat, self.versions = request, is_chat, versions
        self.id = f"fake-{time.monotonic_ns()}"

    def common(self, end: str = ".chunk") -> dict:
        kind = f"chat.completion{end}" if self.is_chat else "text_completion"
        model = self.request.get("model", NAMES[0])
        common = {"id": self.id, "object": kind, "created": int(time.time()), "model": model}
        return common | ({"system_fingerprint": self.versions} if self.versions else {})

    def whole(self, words: list[str]) -> dict:
        text = "".join(words)
        content = (
            {"message": {"role": "assistant", "content": text}} if self.is_chat else {"text": text}
        )
        choice = {"index": 0, **content, "finish_reason": "length"}
        return {**self.common(""), "choices": [choice], "usage": usage(len(words))}

    def piece(self, word: str, made: int) -> dict:
        content = (
            {"delta": {"role": "assistant", "content": word}} if self.is_chat else {"text": word}
        )
        finish = "length" if made == count_of(self.request) else None
        return {**self.common(), "choices": [{"index": 0, **content, "finish_reason": finish}]}


def usage(made: int) -> dict:
    return {"prompt_tokens": 1, "completion_tokens": made, "total_tokens": made + 1}


def models(_: Engine) -> dict:
    cards = [
        {"id": name, "object": "model", "created": 0, "owned_by": "fake", "root": MODEL_PATH,
         "max_model_len": MAX_LENGTH}
        for name in NAMES
    ]  # fmt: skip
    return {"object": "list", "data": cards}


def metrics(engine: Engine) -> str:
    values = {
        "num_requests_running gauge": engine.running,
        "num_requests_waiting gauge": engine.waiting,
        "generation_tokens_total counter": engine.tokens,
    }
    label = f"model_name={json.dumps(NAMES[0], ensure_ascii=False)}"
    return "".join(
        f"# TYPE vllm:{key}\nvllm:{key.split()[0]}{{{label}}} {value}\n"
        for key, value in values.items()
    )


def eat(_: Engine) -> str:
    """Takes memory as a leak would, faster."""
    eaten = []
    while True:
        eaten.append(b"e" * (16 << 20))


PAGES = {
    "/health": lambda _: "",
    "/version": lambda _: {"version": "1.0.0"},
    "/v1/models": models,
    "/metrics": metrics,
    "/debug/eat": eat,
    "/debug/argv": lambda _: {"argv": ARGUMENTS, "env": dict(os.environ), "pid": os.getpid()},
}


async def load() -> bytes:
    """Takes time and memory; the caller keeps what is returned."""
    begin, seconds = time.monotonic(), number("FAKE_LOAD_SECONDS")
    if MODEL_PATH.startswith("/") and not Path(MODEL_PATH).exists():
        sys.exit(f"OSError: no model in {MODEL_PATH}")
    fail_once()
    weights = b"w" * (int(number("FAKE_MEMORY_MIB")) << 20)
    while (passed := time.monotonic() - begin) < seconds:
        print(f"Loading weights: {passed / seconds:.0%}", flush=True)
        await asyncio.sleep(min(1, seconds / 4))
    if code := int(number("FAKE_EXIT_CODE_AT_START")):
        print("RuntimeError: CUDA out of memory", file=sys.stderr, flush=True)
        sys.exit(code)
    return weights


def fail_once() -> None:
    try:
        Path(os.environ["FAKE_FAIL_FILE"]).unlink()
    except (KeyError, FileNotFoundError):
        return
    sys.exit("RuntimeError: CUDA error: device-side assert triggered")


async def serve() -> None:
    signal.signal(signal.SIGUSR1, lambda *_: eat(None))
    if RANK:
        await load()
        await Group.work()
    engine = Engine()
    if NODES > 1:
        await engine.group.gather()
    weights = await load()

    async def connect(reader, writer) -> None:
        try:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), KEEP_ALIVE_SECONDS)
                await Exchange(engine, reader, writer, head.decode("latin-1").strip()).answer()
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connect, HOST, PORT)
    print(f"Fake engine of {len(weights) >> 20} MiB listens on {HOST}:{PORT}", flush=True)
    loop = asyncio.get_running_loop()
    if number("FAKE_IGNORE_TERM"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        loop.add_signal_handler(signal.SIGTERM, lambda: loop.create_task(engine.end(server)))
    if seconds := number("FAKE_CRASH_AFTER_S"):
        loop.call_later(seconds, os._exit, 1)
    await engine.ended.wait()


if __name__ == "__main__":
    asyncio.run(serve())
