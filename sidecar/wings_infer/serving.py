"""What both kinds of this program run on: listeners, chores, reports, certificates."""

from __future__ import annotations

import asyncio
import resource
import ssl
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wings_infer.errors import SettingsError
from wings_infer.gateway.client import ClientConnection
from wings_infer.gateway.hub import SWEEP_SECONDS, WATCH_SECONDS, Hub
from wings_infer.gateway.routes import Routes
from wings_infer.gateway.tls import Tls
from wings_infer.reports.access_log import AccessLog
from wings_infer.reports.events import Events
from wings_infer.reports.journal import Journal
from wings_infer.reports.log_writer import LogWriter
from wings_infer.reports.traffic import Traffic
from wings_infer.settings import Settings

BACKLOG = 4096
REFRESH_SECONDS = 2.0


@dataclass(frozen=True)
class Reports:
    """Where the program's words and counts go."""

    writer: LogWriter
    events: Events
    journal: Journal


@contextmanager
def reporting(settings: Settings) -> Iterator[Reports]:
    """Everything that was said is written before this ends."""
    writer = LogWriter(sys.stdout.fileno())
    try:
        log = AccessLog(settings.access_log, writer)
        yield Reports(writer, Events(settings.access_log, writer), Journal(Traffic(), log))
    finally:
        writer.close()


async def listen(hub: Hub, routes: Routes, port: int, tls: Tls | None = None) -> asyncio.Server:
    """Takes connections from now on. Raises OSError."""
    _raise_file_limit()
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: ClientConnection(hub, routes),
        hub.settings.listen_host or None,
        port,
        backlog=BACKLOG,
        ssl=tls.context if tls else None,
    )


def load_tls(settings: Settings) -> Tls | None:
    """What the client port shows; None where it speaks plainly. Raises SettingsError."""
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    try:
        return Tls(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"WINGS_TLS_CERT_FILE, WINGS_TLS_KEY_FILE: {error}") from error


def chores(hub: Hub, writer: LogWriter, tls: Tls | None) -> list[Coroutine[Any, Any, None]]:
    """What has to be done again and again, until cancelled."""
    return [_sweep(hub, writer), _watch(hub), _refresh(hub, tls)]


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


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
