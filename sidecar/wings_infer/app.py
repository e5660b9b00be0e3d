"""Puts the parts of a pod's gateway and control together and runs them."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress

from wings_infer import __version__
from wings_infer.control.lifecycle import ENGINE_HOST, Lifecycle
from wings_infer.drain import drain
from wings_infer.errors import BadMessage
from wings_infer.gateway.engine_gate import EngineGate
from wings_infer.gateway.hub import Hub
from wings_infer.gateway.routes import Pages, Routes, Work
from wings_infer.group.control import GroupControl
from wings_infer.group.watch import GroupWatch
from wings_infer.reports import pages
from wings_infer.reports.docs_page import docs_page, openapi
from wings_infer.reports.metrics import render_metrics
from wings_infer.reports.prometheus import METRICS_TYPE
from wings_infer.serving import Reports, chores, listen, load_tls, reporting
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer
from wings_infer.wire.fetch import Fetched, fetch

METRICS_TIMEOUT = 2.0
METRICS_LIMIT = 16 * 1024 * 1024


async def serve(settings: Settings) -> None:
    """Runs until the pod's end is over. Raises OSError when a port or file cannot be had."""
    with reporting(settings) as reports:
        lifecycle = Lifecycle(settings, reports.events.tell)
        gate = EngineGate(settings, lifecycle)
        await _run(Hub(settings, gate, reports.journal, reports.events.tell), gate, reports)


async def _run(hub: Hub, gate: EngineGate, reports: Reports) -> None:
    settings, lifecycle = hub.settings, gate.lifecycle
    tls = load_tls(settings)
    clients = await listen(hub, _client_routes(lifecycle), settings.client_port, tls)
    await listen(hub, _cluster_routes(hub, lifecycle), settings.cluster_port)
    hub.tell(f"wings-infer {__version__} serves clients on {settings.client_port}")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lifecycle.terminate)
    work = [lifecycle.run(), *chores(hub, reports.writer, tls)]
    if isinstance(lifecycle.control, GroupControl):
        work.append(_watch_group(hub, gate, lifecycle.control))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
        await lifecycle.terminated.wait()
        await drain(hub, clients)
        await lifecycle.release()
        for task in tasks:
            task.cancel()


async def _watch_group(hub: Hub, gate: EngineGate, control: GroupControl) -> None:
    control.requests = hub
    await GroupWatch(hub.settings, control, gate, gate.lifecycle.apply).run()


def _client_routes(lifecycle: Lifecycle) -> Routes:
    settings = lifecycle.settings
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


def _cluster_routes(hub: Hub, lifecycle: Lifecycle) -> Routes:
    here: Pages = {
        b"/livez": pages.livez,
        b"/health": lambda: pages.health(lifecycle),
        b"/engine/status": lambda: pages.full_status(lifecycle),
    }
    later: dict[bytes, Work] = {
        b"/metrics": lambda _: _metrics(hub, lifecycle),
        b"/engine/metrics": lambda _: _engine_metrics(hub),
    }
    if isinstance(lifecycle.control, GroupControl):
        later[b"/group"] = lifecycle.control.publication.answer
    return Routes(here, later=later, keyless=frozenset({b"/group"}))


async def _metrics(hub: Hub, lifecycle: Lifecycle) -> Answer:
    text = render_metrics(lifecycle, hub)
    settings = hub.settings
    if settings.append_metrics and lifecycle.control.is_serving:
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
