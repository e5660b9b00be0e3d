"""Asks a URL again and again, and tells what it answered.

Argument: URL. Runs until its standard input ends, then prints one JSON list of the answers in
their order, each with `status` and `text`, and equal ones that followed each other once.
"""

import json
import sys
import threading
import time
import urllib.error
import urllib.request

EVERY_SECONDS = 0.05
over = threading.Event()
answers: list[dict[str, object]] = []


def ask(url) -> dict[str, object]:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return {"status": reply.status, "text": reply.read().decode()}
    except urllib.error.HTTPError as reply:
        return {"status": reply.code, "text": reply.read().decode()}
    except OSError as error:
        return {"status": 0, "text": str(error)}


def ask_until_over() -> None:
    while not over.is_set():
        answer = ask(sys.argv[1])
        if answers[-1:] != [answer]:
            answers.append(answer)
        if len(answers) == 1:
            print("started", flush=True)
        time.sleep(EVERY_SECONDS)


asking = threading.Thread(target=ask_until_over)
asking.start()
sys.stdin.read()
over.set()
asking.join()
print(json.dumps(answers))
