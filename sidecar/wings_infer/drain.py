"""The end of a pod: serve late comers, finish what is in flight, release the engine."""

from __future__ import annotations

import asyncio
import time

from wings_infer.gateway.hub import Hub

CHECK_SECONDS = 0.05


async def drain(hub: Hub, client_server: asyncio.Server) -> None:
    """Returns when nothing is left to do; takes at most the announced delay, drain and stop times."""
    settings, lifecycle = hub.settings, hub.lifecycle
    end = time.monotonic() + settings.drain_delay + settings.drain
    hub.is_draining = True
    if lifecycle.control.is_serving or not hub.gate.is_empty:
        await asyncio.sleep(settings.drain_delay)
    client_server.close()
    is_over = False
    while not is_over:
        await asyncio.sleep(CHECK_SECONDS)  # also until the hub knows the last connections accepted
        hub.close_idle_clients()
        is_over = not hub.has_work or time.monotonic() >= end
    if hub.has_work:
        hub.tell(f"{len(hub.gate.in_flight)} requests are cut: the drain deadline is over")
    hub.is_drained = True
    await lifecycle.release()
