"""Which groups run, by what their leaders publish to their peers, each asked every 0.1 s.

Arguments: the URL of each leader's /group. Runs until its standard input ends, then prints one JSON
object: `away` has for each leader the list of [from, to] in seconds since the start in which its
group was not in the phase `run`: from the last good answer before to the first good one after, `to`
null where none came. An answer that does not come in time says nothing. `period` is the longest
time between two questions to one leader, in seconds.
"""

import json
import sys
import threading
import time
import urllib.request
from contextlib import suppress

EVERY_SECONDS = 0.1
START = time.monotonic()
over = threading.Event()


class Watch(threading.Thread):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.away = url, []
        self.is_up, self.last_good, self.period = True, 0.0, 0.0

    def run(self) -> None:
        asked = time.monotonic()
        while not over.wait(max(0.0, asked + EVERY_SECONDS - time.monotonic())):
            now = time.monotonic()
            self.period, asked = max(self.period, now - asked), now
            with suppress(TimeoutError):
                self.note(self.runs(), now - START)

    def runs(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=5) as reply:
                return json.load(reply)["phase"] == "run"
        except OSError as error:
            if isinstance(getattr(error, "reason", error), TimeoutError):
                raise TimeoutError from error
            return False

    def note(self, is_good: bool, asked: float) -> None:
        if is_good and not self.is_up:
            self.away[-1][1] = round(asked, 2)
        if not is_good and self.is_up:
            self.away.append([round(self.last_good, 2), None])
        self.is_up = is_good
        self.last_good = asked if is_good else self.last_good


watches = [Watch(url) for url in sys.argv[1:]]
for each in watches:
    each.start()
print("started", flush=True)
sys.stdin.read()
over.set()
for each in watches:
    each.join(30)
period = max(each.period for each in watches)
print(json.dumps({"away": [each.away for each in watches], "period": round(period, 2)}))
