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
    hub.close_idle_clients()
    while hub.has_work and time.monotonic() < end:
        await asyncio.sleep(CHECK_SECONDS)
        hub.close_idle_clients()
    if hub.has_work:
        hub.tell(f"{len(hub.gate.in_flight)} requests are cut: the drain deadline is over")
    await lifecycle.release()
