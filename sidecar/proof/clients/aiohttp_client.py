"""aiohttp."""

import asyncio
import sys
import time

import aiohttp

BODY = b"x" * 70_000
BIG = 32 * 1024 * 1024


def say(case, got, expected):
    print(f"{case} ok" if got == expected else f"{case} {got!r}, expected {expected!r}", flush=True)


async def chunks(size):
    for _ in range(size // 65536):
        yield bytes(65536)


async def main():
    connects = []
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(lambda *_: note(connects))
    limit = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(sys.argv[1], trace_configs=[trace], timeout=limit) as session:

        async def ask(method, path, **options):
            async with session.request(method, path, **options) as reply:
                return reply.status, await reply.read()

        async def stream():
            async with session.post("/v1/stream", data=b"{}") as reply:
                times = [time.monotonic() async for line in reply.content if line.strip()]
            return len(times), times[-1] - times[0] > 0.2

        whole = (200, b'{"data": []}')
        say("get", await ask("GET", "/v1/models"), whole)
        say(
            "head",
            (await ask("HEAD", "/v1/models"), await ask("GET", "/v1/models")),
            ((200, b""), whole),
        )
        say("post", await ask("POST", "/v1/echo", data=BODY), (200, BODY))
        say("chunked", await ask("POST", "/v1/echo", data=chunks(3 * 65536)), (200, bytes(3 * 65536)))
        say("stream", await stream(), (5, True))
        say("empty", await ask("GET", "/v1/empty"), (204, b""))
        say("keep-alive", len(connects), 1)
        say("early-413", (await ask("POST", "/v1/echo", data=bytes(BIG)))[0], 413)
        say("early-413-chunked", (await ask("POST", "/v1/echo", data=chunks(BIG)))[0], 413)
        say("not-found", (await ask("GET", "/nothing"))[0], 404)


async def note(connects):
    connects.append(1)


asyncio.run(main())
