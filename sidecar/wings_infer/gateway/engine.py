"""Connections to the engine, and the pool that keeps idle ones."""

from __future__ import annotations

import asyncio
import struct
from socket import IPPROTO_TCP, TCP_INFO, socket
from typing import TYPE_CHECKING

from wings_infer.gateway.sockets import reset
from wings_infer.gateway.tls import Trust

if TYPE_CHECKING:
    from wings_infer.gateway.exchange import Exchange

Address = tuple[str, int]
"""Host and port."""
CONNECT_SECONDS = 5.0
HIGH_WATER = 256 * 1024
_BYTES_ACKED = 120  # offset of tcpi_bytes_acked, a 64-bit count, in struct tcp_info of Linux


class EngineConnection(asyncio.Protocol):
    """One connection to the engine; serves one exchange at a time."""

    __slots__ = (
        "exchange",
        "idle_since",
        "is_paused",
        "is_reused",
        "pool",
        "sent_before",
        "transport",
        "written",
    )

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.exchange: Exchange | None = None
        self.written = 0
        self.sent_before = 0
        self.idle_since = 0.0
        self.is_reused = False
        self.is_paused = False

    def write(self, data: bytes) -> None:
        """Sends bytes of the current exchange."""
        self.written += len(data)
        self.transport.write(data)

    def nothing_arrived(self, error: Exception | None) -> bool:
        """Whether the kernel knows that no byte of the current exchange reached the engine.

        `error` ended the connection. A reset acknowledges nothing, whatever was read before it; it
        is no reset when the engine had closed its end before the bytes came.
        """
        if isinstance(error, ConnectionResetError):
            return False
        raw: socket | None = self.transport.get_extra_info("socket")
        try:
            info = raw.getsockopt(IPPROTO_TCP, TCP_INFO, _BYTES_ACKED + 8) if raw else b""
        except OSError:
            return False
        if len(info) < _BYTES_ACKED + 8:
            return False
        acknowledged: int = struct.unpack_from("=Q", info, _BYTES_ACKED)[0]
        return 0 < acknowledged <= self.sent_before + 1  # the SYN counts as one byte

    def pause_reading(self) -> None:
        """The client does not keep up."""
        if not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        """The client has caught up."""
        if self.is_paused:
            self.is_paused = False
            self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.set_write_buffer_limits(high=HIGH_WATER)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        exchange = self.exchange
        if exchange is None:
            self.pool.drop(self)  # an answer nobody asked for
        else:
            exchange.reply_data(data)

    def pause_writing(self) -> None:
        """Called by the event loop: the engine does not keep up."""
        if self.exchange:
            self.exchange.client.pause_reading()

    def resume_writing(self) -> None:
        """Called by the event loop: the engine has caught up."""
        if self.exchange:
            self.exchange.client.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the event loop."""
        self.pool.forget(self)
        exchange, self.exchange = self.exchange, None
        if exchange:
            exchange.engine_lost(error)


class Pool:
    """Idle engine connections, the freshest first."""

    def __init__(self, address: Address, trust: Trust | None = None) -> None:
        self.address = address
        self._trust = trust
        self._idle: list[EngineConnection] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, exchange: Exchange) -> EngineConnection | None:
        """An idle connection for this exchange, None when there is none."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.transport.is_closing():
                connection.is_reused = True
                connection.sent_before = connection.written
                connection.exchange = exchange
                return connection
        return None

    def connect(self, exchange: Exchange) -> asyncio.Task[None]:
        """Opens a connection for this exchange and tells it how that went."""
        task = asyncio.get_running_loop().create_task(self._connect(exchange))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def put(self, connection: EngineConnection, now: float) -> None:
        """The connection is idle from now on."""
        connection.exchange = None
        connection.idle_since = now
        if connection.is_paused:
            connection.resume_reading()
        self._idle.append(connection)

    def drop(self, connection: EngineConnection) -> None:
        """Closes a connection at once; the engine notices."""
        connection.exchange = None
        self.forget(connection)
        connection.transport.abort()

    def cancel(self, connection: EngineConnection) -> None:
        """Ends a connection in the middle of a request; the engine notices even if it does not read."""
        connection.exchange = None
        reset(connection.transport)

    def forget(self, connection: EngineConnection) -> None:
        """The connection is not idle any more."""
        if connection.exchange is None and connection in self._idle:
            self._idle.remove(connection)

    def close_idle(self, before: float) -> None:
        """Closes what has been idle since before this time."""
        while self._idle and self._idle[0].idle_since < before:
            self.drop(self._idle[0])

    async def _connect(self, exchange: Exchange) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, connection = await loop.create_connection(
                    lambda: EngineConnection(self), *self.address,
                    ssl=self._trust.context if self._trust else None,
                    server_hostname=self._trust.name if self._trust else None,
                )  # fmt: skip
        except (OSError, TimeoutError) as error:
            exchange.connect_failed(error)
            return
        exchange.connected(connection)
