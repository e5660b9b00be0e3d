"""Writes log lines from a thread, so that a slow reader of them delays nobody."""

from __future__ import annotations

import os
import threading
from collections import deque

LIMIT = 8 * 1024 * 1024


class LogWriter:
    """Lines go out in batches; what no longer fits in memory is counted instead."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._dropped = 0
        self._wake = threading.Event()
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def add(self, line: bytes) -> None:
        """One line, newline included; goes out with the next flush."""
        if self._size > LIMIT:
            self._dropped += 1
        else:
            self._size += len(line)
            self._lines.append(line)

    def flush(self) -> None:
        """Lets the thread write what has come; called a few times a second."""
        if self._lines:
            self._wake.set()

    def close(self) -> None:
        """Writes the rest and ends the thread."""
        self._is_ended = True
        self._wake.set()
        self._thread.join(timeout=2)

    def _run(self) -> None:
        while not self._is_ended or self._lines:
            self._wake.wait(timeout=1)
            self._wake.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            dropped, self._dropped = self._dropped, 0
            self._size = 0
            if dropped:
                lines.append(b"wings-infer: %d log lines were dropped\n" % dropped)
            self._write(b"".join(lines))

    def _write(self, text: bytes) -> None:
        try:
            while text:
                text = text[os.write(self._descriptor, text) :]
        except OSError:
            return
