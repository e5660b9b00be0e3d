"""Puts the parts of a front door together and runs them."""

from __future__ import annotations

import asyncio
import signal
import ssl
import time

from wings_infer import __version__
from wings_infer.drain import CHECK_SECONDS, drain
from wings_infer.errors import SettingsError
from wings_infer.front_door.backends import Backends
from wings_infer.front_door.gate import DoorGate
from wings_infer.front_door.names import Names, Resolve, resolve_by_dns
from wings_infer.front_door.settings import FrontDoorSettings
from wings_infer.gateway.hub import Hub
from wings_infer.gateway.routes import Pages, Routes
from wings_infer.gateway.tls import Trust
from wings_infer.reports import front_door_pages, pages
from wings_infer.reports.docs_page import docs_page, openapi
from wings_infer.reports.front_door_metrics import render_door_metrics
from wings_infer.reports.prometheus import METRICS_TYPE
from wings_infer.service_names import qualify, read_domain
from wings_infer.serving import REFRESH_SECONDS, Reports, chores, listen, load_tls, reporting
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer

CUT_RETRY_AFTER = 1
FAREWELL_SECONDS = 2.0
"""For the last answers to go out."""


async def serve(settings: Settings, resolve: Resolve = resolve_by_dns) -> None:
    """Runs until SIGTERM and the drain after it. Raises OSError when a port or file cannot be had."""
    with reporting(settings) as reports:
        await _run(settings, resolve, reports)


async def _run(settings: Settings, resolve: Resolve, reports: Reports) -> None:
    door, tell = settings.front_door, reports.events.tell
    assert door is not None
    trust = _load_trust(door)
    backends = Backends(settings.max_in_flight, trust)
    wanted = asyncio.Event()
    gate = DoorGate(settings, door, backends, wanted.set)
    host, port = door.address(settings.client_port)
    names = Names((qualify(host, read_domain()), port), resolve, gate.found, tell, wanted)
    hub = Hub(settings, gate, reports.journal, tell)
    tls = load_tls(settings)
    clients = await listen(hub, _client_routes(hub, gate, door), settings.client_port, tls)
    await listen(hub, _cluster_routes(hub, gate), settings.cluster_port)
    tell(f"wings-infer {__version__} is the front door of {door.backends} on {settings.client_port}")
    work = [names.run(door.refresh), *chores(hub, reports.writer, tls), _refresh(hub, trust)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await _told_to_end()
        await drain(hub, clients)
        await _cut(hub)
        for task in tasks:
            task.cancel()


async def _told_to_end() -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


async def _cut(hub: Hub) -> None:
    """Whoever is left gets a 503, or sees that the answer is cut."""
    hub.gate.cut_all("the front door ends: ask again", CUT_RETRY_AFTER)
    end = time.monotonic() + FAREWELL_SECONDS
    while any(client.routes.is_limited for client in hub.clients) and time.monotonic() < end:
        await asyncio.sleep(CHECK_SECONDS)


def _client_routes(hub: Hub, gate: DoorGate, door: FrontDoorSettings) -> Routes:
    settings = hub.settings
    here: Pages = {
        b"/health": lambda: front_door_pages.health(hub, gate),
        b"/v1/models": lambda: front_door_pages.models(settings, door),
        b"/version": lambda: front_door_pages.version(settings),
        b"/docs": lambda: docs_page(settings),
        b"/openapi.json": lambda: openapi(settings),
    }
    return Routes(here, forward=settings.forward, is_limited=True)


def _cluster_routes(hub: Hub, gate: DoorGate) -> Routes:
    here: Pages = {
        b"/livez": pages.livez,
        b"/health": lambda: front_door_pages.health(hub, gate),
        b"/demand": lambda: front_door_pages.demand(gate),
        b"/metrics": lambda: Answer(200, render_door_metrics(hub, gate), METRICS_TYPE),
    }
    return Routes(here, keyless=frozenset({b"/demand"}))


def _load_trust(door: FrontDoorSettings) -> Trust | None:
    if door.ca is None:
        return None
    try:
        return Trust(door.ca, door.tls_name)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"WINGS_BACKENDS_CA_FILE: {error}") from error


async def _refresh(hub: Hub, trust: Trust | None) -> None:
    while trust is not None:
        await asyncio.sleep(REFRESH_SECONDS)
        try:
            trust.reload()
        except (OSError, ssl.SSLError) as error:
            hub.tell(f"the changed WINGS_BACKENDS_CA_FILE is not usable: {error}")
