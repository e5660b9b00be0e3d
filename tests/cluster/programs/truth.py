"""Asks a group's leader for its health and then for a chat, all the time: is its health true?

Arguments: LEADER_URL CHAT STREAM_URL STREAM, the middle and the last one bodies. Each line of the
standard input is a word to do at once, and is repeated when it is done: `stream` opens one more
stream at STREAM_URL and reads it to its end, `look` waits for the next two pairs of questions, any
other word notes the time. At the end of the input it prints one JSON object with the seconds since
the start, all of one clock: `marks` (word: second), `pairs` (`asked` and `health`; `sent`,
`answered` and `chat`; `reason` and `retry_after` where the chat was not 200) and `streams`
(`opened`, `ended`, `pieces`, `done`, `error`).
"""

import errno
import http.client
import json
import sys
import threading
import time
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.2
START = time.monotonic()
over = threading.Event()
marks: dict[str, float] = {}
pairs: list[dict] = []
streams: list[dict] = []


def now() -> float:
    return round(time.monotonic() - START, 3)


def main() -> None:
    leader, chat, service, stream = sys.argv[1:]
    threads = [threading.Thread(target=ask_until_over, args=(urlsplit(leader), chat))]
    threads[0].start()
    print("started", flush=True)
    for word in map(str.strip, sys.stdin):
        if word == "stream":
            is_open = threading.Event()
            reading = threading.Thread(target=read, args=(urlsplit(service), stream, is_open))
            threads.append(reading)
            reading.start()
            is_open.wait(120)
        elif word == "look":
            until = len(pairs) + 2
            while len(pairs) < until:
                time.sleep(0.05)
        else:
            marks[word] = now()
        print(word, flush=True)
    over.set()
    for thread in threads:
        thread.join(120)
    print(json.dumps({"marks": marks, "pairs": pairs, "streams": streams}))


def ask_until_over(leader, chat) -> None:
    while not over.wait(PAUSE_SECONDS):
        pair = {"asked": now(), "health": ask(leader, "GET", "/health", None, 5)[0]}
        pair["sent"] = now()
        status, text, retry_after = ask(leader, "POST", "/v1/chat/completions", chat, 120)
        pair |= {"chat": status, "answered": now()}
        if status != "200":
            pair |= {"reason": text[:300], "retry_after": retry_after}
        pairs.append(pair)


def ask(url, method, path, body, limit) -> tuple[str, str, str | None]:
    """Status, text and Retry-After; the error's name instead of a status where there is none."""
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=limit)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace")
        return str(reply.status), text, reply.headers["Retry-After"]
    except (OSError, http.client.HTTPException) as error:
        number = getattr(error, "errno", None) or 0
        return errno.errorcode.get(number, type(error).__name__), str(error), None
    finally:
        connection.close()


def read(url, body, is_open) -> None:
    """One stream; `done` when it ended as a whole."""
    stream = {"opened": now(), "pieces": 0, "done": False, "error": ""}
    streams.append(stream)
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=120)
    last = rest = b""
    try:
        connection.request(
            "POST", "/v1/chat/completions", body, {"Content-Type": "application/json"}
        )
        reply = connection.getresponse()
        if reply.status != 200:
            raise OSError(f"status {reply.status}: {reply.read()[:200]!r}")
        while piece := reply.read1(65536):
            *lines, rest = (rest + piece).split(b"\n")
            for line in filter(None, map(bytes.strip, lines)):
                last = line
                stream["pieces"] += 1
                is_open.set()
                if line.startswith(b'data: {"error"'):
                    stream["error"] = line[:300].decode()
        stream["done"] = last == b"data: [DONE]" and not stream["error"]
    except (OSError, http.client.HTTPException) as error:
        stream["error"] = f"{type(error).__name__}: {error}"
    finally:
        stream["ended"] = now()
        is_open.set()
        connection.close()


main()
