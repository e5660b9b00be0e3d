"""Asks a leader for its health and then for an answer, all the time: does it tell the truth?"""

import threading
import time

from support.raw_client import Cut, RawClient


class Prober:
    def __init__(self, agent):
        self.agent = agent
        self.lies = []
        """Seconds (monotonic) at which /health had just said 200 and a request failed."""
        self.served = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join(30)

    def _run(self):
        while not self._is_over.wait(0.02):
            asked = time.monotonic()
            if self._status("GET", "/health") == 200:
                if self._status("POST", "/v1/x") == 200:
                    self.served += 1
                else:
                    self.lies.append(asked)

    def _status(self, method, path):
        try:
            with RawClient(self.agent.port, host=self.agent.host, timeout=20) as client:
                client.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
                return client.read_reply().status
        except (OSError, Cut):
            return 0
