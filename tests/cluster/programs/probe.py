"""Asks for the health of a group and then for a chat, all the time, and keeps what does not fit.

Arguments: BODY URL [URL]... Each URL is asked by a loop of its own: GET /health, then at once a
chat on the same connection, so that both reach the same pod. The answers of the fake engine name
the members that made them (FAKE_TELL_LAUNCH). One more loop asks the first URL for its health
alone: it goes on where a chat hangs.

Each line of the standard input is a command, answered by one line. All seconds are of this pod's
monotonic clock:
  mark                          now
  served LIMIT [ENDING]...      waits until both steps of a pair that began after this command
                                succeed on every URL, by members that have none of these endings:
                                when the last of them ended, and the members; `never` after LIMIT
                                seconds
  end                           stops asking, and tells as one JSON object: `pairs` (how many),
                                `odd` (all that were not 200 and 200), `health` (second, status and
                                reason whenever the status became another one, and once in five
                                seconds), `members` (who answered: how many times), `longest` (the
                                pair that took longest) and `late` (by how many seconds a sleep took
                                too long, at most: how starved this machine is)
Not at the end of the input: kubectl exec keeps a connection only half a minute after that.
"""

import http.client
import json
import os
import sys
import threading
import time
from urllib.parse import urlsplit

PAUSE_SECONDS, HEALTH_SECONDS, CHAT_SECONDS = 0.2, 5, 60
now = time.monotonic
over = threading.Event()
news = threading.Condition()
good: dict[str, tuple[float, float, str]] = {}
odd: list[dict] = []
health: list[tuple[float, str, str]] = []
members: dict[str, int] = {}
pairs: dict[str, int] = {}
longest = [{"asked": 0, "answered": 0}]
late = [0.0]


def main() -> None:
    threading.excepthook = die
    body, *urls = sys.argv[1:]
    loops = [threading.Thread(target=ask_until_over, args=(url, body)) for url in urls]
    loops.append(threading.Thread(target=watch_until_over, args=(urls[0],)))
    for loop in loops:
        loop.start()
    print("started", flush=True)
    for line in sys.stdin:
        name, *words = line.split()
        if name == "end":
            break
        print(now() if name == "mark" else served(urls, float(words[0]), words[1:]), flush=True)
    over.set()
    for loop in loops:
        loop.join(CHAT_SECONDS + 10)
    counts = {"pairs": sum(pairs.values()), "members": members, "late": late[0]}
    print(json.dumps({"odd": odd, "health": health, "longest": longest[0], **counts}), flush=True)
    sys.stdin.read()


def die(failed) -> None:
    """A loop that broke must not look like a group that does not answer."""
    threading.__excepthook__(failed)
    sys.stderr.flush()
    os._exit(1)


def served(urls, limit, endings) -> str:
    began = now()

    def pairs_after() -> list:
        found = [good[url] for url in urls if url in good and good[url][0] > began]
        return [one for one in found if not any_ends(one[2].split(), endings)]

    with news:
        if not news.wait_for(lambda: len(pairs_after()) == len(urls), limit):
            return "never"
        last = max(pairs_after(), key=lambda one: one[1])
    return f"{last[1]} {last[2]}"


def any_ends(names, endings) -> bool:
    return any(name.endswith(tuple(endings)) for name in names)


def watch_until_over(url) -> None:
    while not over.wait(PAUSE_SECONDS):
        asked = now()
        pair = ask_pair(urlsplit(url), None)
        if not health or health[-1][1] != pair["health"] or asked - health[-1][0] > 5:
            health.append((asked, pair["health"], pair["said"]))


def ask_until_over(url, body) -> None:
    while not over.is_set():
        began = now()
        over.wait(PAUSE_SECONDS)
        late[0] = max(late[0], now() - began - PAUSE_SECONDS)
        note(url, ask_pair(urlsplit(url), body))


def ask_pair(url, body) -> dict:
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=HEALTH_SECONDS)
    pair = {"asked": now(), "health": "", "chat": "", "said": ""}
    try:
        pair["health"], said = ask(connection, "GET", "/health", None)
        pair["health_answered"] = now()
        if pair["health"] != "200" or body is None:
            pair["said"] = said[:300]
            return pair
        if connection.sock:
            connection.sock.settimeout(CHAT_SECONDS)
        pair["chat"], said = ask(connection, "POST", "/v1/chat/completions", body)
        is_served = pair["chat"] == "200"
        pair["said"] = json.loads(said)["system_fingerprint"] if is_served else said[:300]
    except (OSError, http.client.HTTPException) as error:
        part = "chat" if pair["health"] else "health"
        pair |= {part: type(error).__name__, "said": str(error)}
    finally:
        pair["answered"] = now()
        connection.close()
    return pair


def ask(connection, method, path, body) -> tuple[str, str]:
    connection.request(method, path, body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    return str(reply.status), reply.read().decode(errors="replace")


def note(url, pair) -> None:
    with news:
        pairs[url] = pairs.get(url, 0) + 1
        longest[0] = max(longest[0], pair, key=lambda one: one["answered"] - one["asked"])
        if pair["chat"] == "200":
            good[url] = (pair["asked"], pair["answered"], pair["said"])
            members[pair["said"]] = members.get(pair["said"], 0) + 1
            news.notify_all()
        else:
            odd.append({"url": url, **pair})


main()
