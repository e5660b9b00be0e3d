"""Opens COUNT streams at once and tells how each ended.

Arguments: URL COUNT BODY. Prints `open` when every stream gave its first piece, at the end one
JSON list: for each stream `chunks`, `done` (it ended with [DONE] and whole) and `error`.
"""

import http.client
import json
import sys
import threading
from urllib.parse import urlsplit

url, count, body = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
results = [{"chunks": 0, "done": False, "error": ""} for _ in range(count)]
opened = threading.Barrier(count + 1)


def lines_of(reply):
    """As readline, which however takes a cut for an end; read1 tells it."""
    rest = b""
    while piece := reply.read1(65536):
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines


def read(result) -> None:
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
    is_open = False
    try:
        connection.request("POST", url.path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status != 200:
            raise OSError(f"status {reply.status}: {reply.read()[:200]!r}")
        last = b""
        for line in lines_of(reply):
            if line.startswith(b"data:"):
                result["chunks"] += 1
                last = line.strip()
                if not is_open:
                    is_open = True
                    opened.wait(120)
        result["done"] = last == b"data: [DONE]"
    except (OSError, http.client.HTTPException) as error:
        result["error"] = f"{type(error).__name__}: {error}"
        if not is_open:
            opened.abort()


threads = [threading.Thread(target=read, args=(each,)) for each in results]
for thread in threads:
    thread.start()
try:
    opened.wait(120)
    print("open", flush=True)
except threading.BrokenBarrierError:
    print("not open", flush=True)
for thread in threads:
    thread.join()
print(json.dumps(results))
