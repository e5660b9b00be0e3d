"""httpx."""

import sys
import time

import httpx

BODY = b"x" * 70_000
BIG = 32 * 1024 * 1024
CLIENT = httpx.Client(base_url=sys.argv[1], timeout=60)


def ask(method, path, **options):
    reply = CLIENT.request(method, path, **options)
    return reply.status_code, reply.content


def say(case, got, expected):
    print(f"{case} ok" if got == expected else f"{case} {got!r}, expected {expected!r}", flush=True)


def stream():
    with CLIENT.stream("POST", "/v1/stream", content=b"{}") as reply:
        times = [time.monotonic() for line in reply.iter_lines() if line]
    return len(times), times[-1] - times[0] > 0.2


def keep_alive():
    ports = set()
    for _ in range(4):
        with CLIENT.stream("GET", "/v1/models") as reply:
            ports.add(reply.extensions["network_stream"].get_extra_info("client_addr"))
            reply.read()
    return len(ports)


def chunks(size):
    for _ in range(size // 65536):
        yield bytes(65536)


say("get", ask("GET", "/v1/models"), (200, b'{"data": []}'))
say("head", (ask("HEAD", "/v1/models"), ask("GET", "/v1/models")), ((200, b""), (200, b'{"data": []}')))
say("post", ask("POST", "/v1/echo", content=BODY), (200, BODY))
say("chunked", ask("POST", "/v1/echo", content=chunks(3 * 65536)), (200, bytes(3 * 65536)))
say("stream", stream(), (5, True))
say("empty", ask("GET", "/v1/empty"), (204, b""))
say("keep-alive", keep_alive(), 1)
say("early-413", ask("POST", "/v1/echo", content=bytes(BIG))[0], 413)
say("early-413-chunked", ask("POST", "/v1/echo", content=chunks(BIG))[0], 413)
say("not-found", ask("GET", "/nothing")[0], 404)
