"""Puts the parts together and runs them."""

from __future__ import annotations

import asyncio
import resource
import signal
import ssl
import sys
from contextlib import suppress

from wings_infer import __version__
from wings_infer.control.engine_life import EngineLife
from wings_infer.control.lifecycle import ENGINE_HOST, Lifecycle
from wings_infer.drain import drain
from wings_infer.errors import BadMessage, SettingsError
from wings_infer.gateway.client import ClientConnection
from wings_infer.gateway.hub import SWEEP_SECONDS, WATCH_SECONDS, Hub
from wings_infer.gateway.routes import Pages, Routes, Work
from wings_infer.gateway.tls import Tls
from wings_infer.group.control import GroupControl
from wings_infer.group.watch import GroupWatch
from wings_infer.reports import pages
from wings_infer.reports.access_log import AccessLog
from wings_infer.reports.docs_page import docs_page, openapi
from wings_infer.reports.events import Events
from wings_infer.reports.journal import Journal
from wings_infer.reports.log_writer import LogWriter
from wings_infer.reports.metrics import render_metrics
from wings_infer.reports.traffic import Traffic
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer
from wings_infer.wire.fetch import Fetched, fetch

BACKLOG = 4096
REFRESH_SECONDS = 2.0
METRICS_TIMEOUT = 2.0
METRICS_TYPE = b"text/plain; version=0.0.4; charset=utf-8"
METRICS_LIMIT = 16 * 1024 * 1024


async def serve(settings: Settings) -> None:
    """Runs until the pod's end is over. Raises OSError when a port or file cannot be had."""
    writer = LogWriter(sys.stdout.fileno())
    events = Events(settings.access_log, writer)
    lifecycle = Lifecycle(settings, events.tell)
    journal = Journal(Traffic(), AccessLog(settings.access_log, writer))
    hub = Hub(settings, lifecycle, journal, events.tell)
    _raise_file_limit()
    try:
        await _run(hub, writer)
    finally:
        writer.close()


async def _run(hub: Hub, writer: LogWriter) -> None:
    settings = hub.settings
    tls = _load_tls(settings)
    clients = await _listen(hub, _client_routes(hub), settings.client_port, tls.context if tls else None)
    await _listen(hub, _cluster_routes(hub), settings.cluster_port, None)
    hub.tell(f"wings-infer {__version__} serves clients on {settings.client_port}")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hub.lifecycle.terminate)
    async with asyncio.TaskGroup() as group:
        chores = [
            group.create_task(hub.lifecycle.run()),
            group.create_task(_sweep(hub, writer)),
            group.create_task(_watch(hub)),
            group.create_task(_refresh(hub, tls)),
            *([group.create_task(_watch_group(hub, hub.lifecycle.control))] if settings.group else []),
        ]
        await hub.lifecycle.terminated.wait()
        await drain(hub, clients)
        for chore in chores:
            chore.cancel()


async def _watch_group(hub: Hub, control: EngineLife) -> None:
    assert isinstance(control, GroupControl)
    control.requests = hub
    await GroupWatch(hub.settings, control, hub.gate, hub.lifecycle.apply).run()


async def _listen(hub: Hub, routes: Routes, port: int, tls: ssl.SSLContext | None) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: ClientConnection(hub, routes),
        hub.settings.listen_host or None,
        port,
        backlog=BACKLOG,
        ssl=tls,
    )


def _client_routes(hub: Hub) -> Routes:
    settings, lifecycle = hub.settings, hub.lifecycle
    here: Pages = {
        b"/health": lambda: pages.health(lifecycle),
        b"/engine/status": lambda: pages.short_status(lifecycle),
        b"/docs": lambda: docs_page(settings),
        b"/openapi.json": lambda: openapi(settings),
    }
    return Routes(
        here,
        forward=settings.forward,
        metrics_path=settings.metrics_path.encode(),
        translate=settings.generate == "translate",
        is_limited=True,
    )


def _cluster_routes(hub: Hub) -> Routes:
    lifecycle = hub.lifecycle
    here: Pages = {
        b"/livez": pages.livez,
        b"/health": lambda: pages.health(lifecycle),
        b"/engine/status": lambda: pages.full_status(lifecycle),
    }
    later: dict[bytes, Work] = {
        b"/metrics": lambda _: _metrics(hub),
        b"/engine/metrics": lambda _: _engine_metrics(hub),
    }
    if isinstance(lifecycle.control, GroupControl):
        later[b"/group"] = lifecycle.control.publication.answer
    return Routes(here, later=later)


async def _metrics(hub: Hub) -> Answer:
    text = render_metrics(hub.lifecycle, hub.gate, hub.journal.traffic, len(hub.clients))
    settings = hub.settings
    if settings.append_metrics and hub.lifecycle.control.is_serving:
        with suppress(OSError, TimeoutError, BadMessage):
            fetched = await _fetch_metrics(settings)
            text += fetched.content if fetched.status == 200 else b""
    return Answer(200, text, METRICS_TYPE)


async def _engine_metrics(hub: Hub) -> Answer:
    fetched = await _fetch_metrics(hub.settings)
    return Answer(fetched.status, fetched.content, METRICS_TYPE)


async def _fetch_metrics(settings: Settings) -> Fetched:
    return await fetch(
        ENGINE_HOST, settings.engine_port, settings.metrics_path, METRICS_TIMEOUT, METRICS_LIMIT
    )


async def _sweep(hub: Hub, writer: LogWriter) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        hub.sweep()
        writer.flush()


async def _watch(hub: Hub) -> None:
    while True:
        await asyncio.sleep(WATCH_SECONDS if hub.paused else SWEEP_SECONDS)
        hub.watch_paused()


async def _refresh(hub: Hub, tls: Tls | None) -> None:
    while True:
        await asyncio.sleep(REFRESH_SECONDS)
        hub.keys.reload()
        try:
            if tls and tls.reload():
                hub.tell("took the changed TLS certificate")
        except (OSError, ssl.SSLError) as error:
            hub.tell(f"the changed TLS certificate is not usable: {error}")


def _load_tls(settings: Settings) -> Tls | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    try:
        return Tls(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"WINGS_TLS_CERT_FILE, WINGS_TLS_KEY_FILE: {error}") from error


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
