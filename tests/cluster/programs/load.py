"""Constant load from inside the cluster: CLIENTS loops of one request after the other.

Arguments: URL CLIENTS BODY [KEY]. Runs until its standard input ends, then prints one JSON object:
`requests`, `statuses` (status or error: how many), `failures` (the first 20 that were not 200, with
the second since the start), `retry_after` (how many 503 carried it), `longest_gap_seconds` without
a 200 and `fingerprints` (system_fingerprint of an answer: how many). Connections are kept, as the
openai client keeps them; nothing is ever sent twice.
"""

import errno
import http.client
import json
import ssl
import sys
import threading
import time
from itertools import pairwise
from urllib.parse import urlsplit

START = time.monotonic()
over = threading.Event()
lock = threading.Lock()
statuses: dict[str, int] = {}
fingerprints: dict[str, int] = {}
failures: list[str] = []
good: list[float] = [0.0]
retry_after: list[str] = []


def main() -> None:
    url, clients, body = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
    fields = {"Content-Type": "application/json"}
    if any(sys.argv[4:]):
        fields["Authorization"] = f"Bearer {sys.argv[4]}"
    work = (url, body, fields)
    loops = [threading.Thread(target=ask_until_over, args=work) for _ in range(clients)]
    for loop in loops:
        loop.start()
    print("started", flush=True)
    sys.stdin.read()
    over.set()
    for loop in loops:
        loop.join(90)
    seconds = sorted([*good, time.monotonic() - START])
    gap = max(after - before for before, after in pairwise(seconds))
    result = {
        "requests": sum(statuses.values()),
        "statuses": statuses,
        "failures": failures[:20],
        "retry_after": len(retry_after),
        "longest_gap_seconds": round(gap, 2),
        "fingerprints": fingerprints,
    }
    print(json.dumps(result))


def ask_until_over(url, body, fields) -> None:
    connection = None
    while not over.is_set():
        connection = connection or connect(url)
        try:
            keep = ask(connection, url.path, body, fields)
        except (OSError, http.client.HTTPException) as error:
            note(name_of(error), f"{type(error).__name__}: {error}")
            keep = False
        if not keep:
            connection.close()
            connection = None
            time.sleep(0.05)


def connect(url):
    """Over TLS without a look at the certificate: tests make their own."""
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    trust = ssl._create_unverified_context()
    return http.client.HTTPSConnection(url.hostname, url.port, timeout=60, context=trust)


def ask(connection, path, body, fields) -> bool:
    connection.request("POST", path, body, fields)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status == 200:
        fingerprint = json.loads(text).get("system_fingerprint") or ""
        with lock:
            fingerprints[fingerprint] = fingerprints.get(fingerprint, 0) + 1
    if reply.status == 503 and "Retry-After" in reply.headers:
        retry_after.append(reply.headers["Retry-After"])
    note(str(reply.status), text[:200].decode(errors="replace"))
    return reply.status == 200 and not reply.will_close


def name_of(error) -> str:
    """ECONNREFUSED and its kin, or the name of the class."""
    return errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)


def note(status, what) -> None:
    with lock:
        now = time.monotonic() - START
        statuses[status] = statuses.get(status, 0) + 1
        if status == "200":
            good.append(now)
        else:
            failures.append(f"{now:.1f} s: {status} {what}")


main()
