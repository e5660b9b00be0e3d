"""The HTTP interface: one exchange after another on a connection, and its documents."""

import asyncio
import json
import os
import time

from engine import Engine, count_of
from given import ARGUMENTS, HOST, MAX_LENGTH, MODEL_PATH, NAMES, PORT, RANK, WAYS

KEEP_ALIVE_SECONDS = 5  # as vLLM's server
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 503: "Service Unavailable"}


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
        if self.path == "/health":
            return self.send("", await self.engine.health())
        if self.method == "POST" and self.path in COMPLETIONS:
            self.engine.unanswered += 1
            try:
                await self.complete(body)
                return await self.writer.drain()
            finally:
                self.engine.unanswered -= 1
        pages = WORKERS_PAGES if RANK else PAGES
        make = pages.get(self.path) if self.method == "GET" else None
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
        if self.path == "/generate":
            return await self.generate(request)
        if WAYS.checks_model and request.get("model", NAMES[0]) not in NAMES:
            return self.refuse(404, f"The model `{request['model']}` does not exist.")
        if count_of(request) > MAX_LENGTH:
            return self.refuse(400, f"This model's maximum context length is {MAX_LENGTH} tokens.")
        versions = self.engine.group.versions
        answer = Answer(request, is_chat="chat" in self.path, versions=" ".join(versions))
        tokens = self.engine.tokens_of(request, self.reader)
        if request.get("stream"):
            return await self.stream(answer, tokens)
        return self.send(answer.whole([word async for word in tokens]))

    async def generate(self, request: dict) -> None:
        """SGLang's own shape, whole."""
        wanted = request.get("sampling_params") or {}
        request = {"max_tokens": wanted.get("max_new_tokens")}
        words = [word async for word in self.engine.tokens_of(request, self.reader)]
        reason = {"type": "length", "length": len(words)}
        content = {"text": "".join(words), "output_ids": [*range(len(words))]}
        return self.send({**content, "meta_info": {"finish_reason": reason}})

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
        f"{WAYS.running} gauge": engine.running,
        f"{WAYS.waiting} gauge": engine.waiting,
        "generation_tokens_total counter": engine.tokens,
    }
    label = f"model_name={json.dumps(NAMES[0], ensure_ascii=False)}"
    return "".join(
        f"# TYPE {WAYS.prefix}{key}\n{WAYS.prefix}{key.split()[0]}{{{label}}} {value}\n"
        for key, value in values.items()
    )


def eat(_: Engine) -> str:
    """Takes memory as a leak would, faster."""
    eaten = []
    while True:
        eaten.append(b"e" * (16 << 20))


COMPLETIONS = {"/v1/completions", "/v1/chat/completions"} | (
    {"/generate"} if WAYS.has_generate else set()
)
WORKERS_PAGES = {
    "/metrics": metrics,
    "/debug/eat": eat,
    "/debug/argv": lambda _: {"argv": ARGUMENTS, "env": dict(os.environ), "pid": os.getpid()},
}
PAGES = WORKERS_PAGES | {"/v1/models": models}
if not WAYS.has_generate:
    PAGES["/version"] = lambda _: {"version": "1.0.0"}


async def listen(engine: Engine) -> asyncio.Server:
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

    return await asyncio.start_server(connect, HOST, PORT)
