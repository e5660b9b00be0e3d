"""As many requests at once as its input wants, one stream after the other in each of so many loops.

Arguments: URL BODY. Each line of the standard input is how many there shall be from now on; those
that are too many finish the stream that they have, and begin no other. When the input ends it waits
for all, and prints one JSON object: `requests`, `good` (streams that ended with [DONE], and whole),
`bad` (how the first 20 others ended, with the second since the start) and `first_seconds`, from the
beginning of the first request to its first piece.
"""

import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

START = time.monotonic()
URL, BODY = urlsplit(sys.argv[1]), sys.argv[2].encode()
wanted, is_over = 0, False
change = threading.Condition()
requests, good, bad, firsts = [0], [0], [], []


def loop(number) -> None:
    while wait_for_work(number):
        began = time.monotonic()
        try:
            problem = "" if read(began) else "ended without [DONE]"
        except (OSError, http.client.HTTPException) as error:
            problem = f"{type(error).__name__}: {error}"
        with change:
            requests[0] += 1
            good[0] += not problem
            if problem:
                bad.append(f"{began - START:.1f} s to {time.monotonic() - START:.1f} s: {problem}")
                change.wait(0.1)


def wait_for_work(number) -> bool:
    with change:
        change.wait_for(lambda: number < wanted or is_over)
        return number < wanted


def read(began) -> bool:
    """One stream; whether it ended well."""
    connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=180)
    try:
        connection.request("POST", URL.path, BODY, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        if reply.status != 200:
            raise OSError(f"status {reply.status}: {reply.read()[:200]!r}")
        text = b""
        while piece := reply.read1(65536):
            firsts.append(time.monotonic() - began) if not firsts else None
            text = text[-100:] + piece
        return text.endswith(b"data: [DONE]\n\n")
    finally:
        connection.close()


loops = []
print("started", flush=True)
for line in sys.stdin:
    with change:
        wanted = int(line)
        change.notify_all()
    while len(loops) < wanted:
        loops.append(threading.Thread(target=loop, args=(len(loops),)))
        loops[-1].start()
    print(f"now {wanted}", flush=True)
with change:
    wanted, is_over = 0, True
    change.notify_all()
for each in loops:
    each.join()
result = {"requests": requests[0], "good": good[0], "bad": bad[:20]}
print(json.dumps({**result, "first_seconds": round(firsts[0], 2) if firsts else None}))
