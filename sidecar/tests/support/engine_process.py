"""A small engine as a program: loads for a while, is healthy, streams, dies when told to."""

import argparse
import asyncio
import os
import sys
from pathlib import Path


async def serve(options):
    print("Loading weights: 50%", flush=True)
    await asyncio.sleep(options.load_seconds)
    if options.fail:
        print("CUDA out of memory", file=sys.stderr, flush=True)
        sys.exit(options.fail)
    server = await asyncio.start_server(answer, "127.0.0.1", options.port)
    await server.serve_forever()


async def answer(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            path = head.split(" ")[1]
            length = [line for line in head.split("\r\n") if line.lower().startswith("content-length")]
            await reader.readexactly(int(length[0].split(":")[1]) if length else 0)
            await reply(path, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def reply(path, writer):
    if path == "/health" and OPTIONS.sick_file and Path(OPTIONS.sick_file).exists():
        await asyncio.sleep(1000)
    if path == "/v1/die":
        os._exit(int(OPTIONS.die_code))
    if path.startswith("/v1/stream/"):
        count, seconds = path.split("/")[3:]
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(int(count)):
            text = b"data: %d\n\n" % number
            writer.write(b"%x\r\n%b\r\n" % (len(text), text))
            await writer.drain()
            await asyncio.sleep(float(seconds))
        writer.write(b"0\r\n\r\n")
    else:
        text = str(os.getpid()).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text))


parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--load-seconds", type=float, default=0)
parser.add_argument("--fail", type=int, default=0)
parser.add_argument("--die-code", type=int, default=0)
parser.add_argument("--sick-file", default="")
OPTIONS = parser.parse_args()
asyncio.run(serve(OPTIONS))
