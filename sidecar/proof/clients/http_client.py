"""Python's http.client."""

import http.client
import sys
import time
from urllib.parse import urlsplit

CONNECTION = http.client.HTTPConnection(urlsplit(sys.argv[1]).netloc, timeout=60)
BODY = b"x" * 70_000
BIG = 32 * 1024 * 1024


def ask(method, path, body=None, **options):
    CONNECTION.request(method, path, body, **options)
    reply = CONNECTION.getresponse()
    return reply.status, reply.read()


def say(case, got, expected):
    print(f"{case} ok" if got == expected else f"{case} {got!r}, expected {expected!r}", flush=True)


def stream():
    CONNECTION.request("POST", "/v1/stream", b"{}")
    reply = CONNECTION.getresponse()
    times = [time.monotonic() for line in reply if line.strip()]
    return len(times), times[-1] - times[0] > 0.2


def keep_alive():
    ask("GET", "/v1/models")
    first = CONNECTION.sock
    return [ask("GET", "/v1/models")[0] for _ in range(3)], CONNECTION.sock is first


def chunks():
    for _ in range(BIG // 65536):
        yield bytes(65536)


say("get", ask("GET", "/v1/models"), (200, b'{"data": []}'))
say("head", (ask("HEAD", "/v1/models"), ask("GET", "/v1/models")), ((200, b""), (200, b'{"data": []}')))
say("post", ask("POST", "/v1/echo", BODY), (200, BODY))
say("chunked", ask("POST", "/v1/echo", iter([BODY, b"end"]), encode_chunked=True), (200, BODY + b"end"))
say("stream", stream(), (5, True))
say("empty", ask("GET", "/v1/empty"), (204, b""))
say("keep-alive", keep_alive(), ([200] * 3, True))
say("early-413", ask("POST", "/v1/echo", bytes(BIG))[0], 413)
say("early-413-chunked", ask("POST", "/v1/echo", chunks(), encode_chunked=True)[0], 413)
say("not-found", ask("GET", "/nothing")[0], 404)
