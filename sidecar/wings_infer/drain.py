"""The end of a program that serves clients: serve late comers, finish what is in flight."""

from __future__ import annotations

import asyncio
import time

from wings_infer.gateway.hub import Hub

CHECK_SECONDS = 0.05


async def drain(hub: Hub, client_server: asyncio.Server) -> None:
    """Returns when everybody was answered; takes at most the announced delay and drain times."""
    settings = hub.settings
    end = time.monotonic() + settings.drain_delay + settings.drain
    hub.is_draining = True
    if hub.gate.is_serving or not hub.gate.is_empty:
        await asyncio.sleep(settings.drain_delay)
    client_server.close()
    is_over = False
    while not is_over:
        await asyncio.sleep(CHECK_SECONDS)  # also until the hub knows the last connections accepted
        hub.close_idle_clients()
        is_over = not hub.has_work or time.monotonic() >= end
    if hub.has_work:
        left = len(hub.gate.in_flight) + len(hub.gate.waiting)
        hub.tell(f"{left} requests are cut: the drain deadline is over")
    hub.is_drained = True
