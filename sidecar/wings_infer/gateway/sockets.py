"""Ends of connections that the event loop has no words for."""

from __future__ import annotations

import asyncio
import struct
from select import POLLERR, POLLHUP, POLLRDHUP, poll
from socket import SO_LINGER, SOL_SOCKET, socket


def reset(transport: asyncio.Transport) -> None:
    """Ends a connection at once, with a reset: what was not sent yet never will be."""
    raw: socket | None = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def is_gone(transport: asyncio.Transport) -> bool:
    """Whether the other side hung up, also while nothing is read from it."""
    raw: socket | None = transport.get_extra_info("socket")
    if raw is None or raw.fileno() < 0:
        return True
    asked = poll()
    asked.register(raw.fileno(), POLLRDHUP)
    return any(events & (POLLRDHUP | POLLHUP | POLLERR) for _, events in asked.poll(0))
