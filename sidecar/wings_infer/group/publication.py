"""What this pod tells its peers, and how long a GET waits for news."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress

from wings_infer.wire.answers import Answer, json_answer
from wings_infer.wire.requests import Request

_TAG = re.compile(rb'\r\nif-none-match:[ \t]*"([0-9]{1,20})"', re.IGNORECASE)


class Publication:
    """The last published state, numbered."""

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._content = b""
        self._tag = 0
        self._changed = asyncio.Event()

    def publish(self, content: bytes) -> None:
        """From now on peers are told this; those that wait are told at once."""
        if content != self._content:
            self._content, self._tag = content, self._tag + 1
            self._changed.set()
            self._changed = asyncio.Event()

    async def answer(self, request: Request) -> Answer:
        """The state; to somebody who knows it already, after a while, only that it is the same."""
        known = _TAG.search(request.fields)
        if known and int(known[1]) == self._tag:
            changed = self._changed
            with suppress(TimeoutError):
                async with asyncio.timeout(self._hold):
                    await changed.wait()
            if int(known[1]) == self._tag:
                return Answer(304, is_bare=True)
        if not self._content:
            return json_answer(503, {"status": "this program has only just started"})
        return Answer(200, self._content, fields=b'\r\nETag: "%d"' % self._tag)
