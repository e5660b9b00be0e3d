"""COUNT requests in the same moment, each on a connection of its own, and how each was answered.

Arguments: URL COUNT BODY. Prints one JSON object: `statuses` (status, or the name of an error: how
many), `refusals` (texts of the answers other than 200: how many), `retry_after` (how many of them
carried it), `ids` (how many different ones the answers with 200 have) and `seconds` to the first
and the last of those.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

URL, COUNT, BODY = urlsplit(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
HEAD = (
    f"POST {URL.path} HTTP/1.1\r\nHost: {URL.netloc}\r\nContent-Type: application/json\r\n"
    f"Connection: close\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode()
statuses, refusals, ids, seconds, retry_after = Counter(), Counter(), set(), [], []


async def ask(start) -> None:
    try:
        reader, writer = await asyncio.open_connection(URL.hostname, URL.port)
        writer.write(HEAD + BODY)
        head, _, text = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        status = head.split()[1].decode()
    except (OSError, IndexError) as error:
        statuses[type(error).__name__] += 1
        return
    statuses[status] += 1
    if status == "200":
        ids.add(json.loads(text)["id"])
        seconds.append(time.monotonic() - start)
        return
    refusals[text[:200].decode(errors="replace")] += 1
    if b"\r\nretry-after:" in head.lower():
        retry_after.append(status)


async def main() -> None:
    start = time.monotonic()
    await asyncio.gather(*(ask(start) for _ in range(COUNT)))
    span = [round(min(seconds), 1), round(max(seconds), 1)] if seconds else []
    result = {"statuses": statuses, "refusals": refusals, "retry_after": len(retry_after)}
    print(json.dumps({**result, "ids": len(ids), "seconds": span}))


asyncio.run(main())
