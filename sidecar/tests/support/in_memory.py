"""The gateway's own objects between a client and engines of bytes alone: no sockets, no event loop."""

from types import SimpleNamespace

from support.judges import Read
from wings_infer.gateway.client import ClientConnection
from wings_infer.gateway.engine import EngineConnection, Pool
from wings_infer.gateway.engine_gate import EngineGate
from wings_infer.gateway.exchange import Exchange
from wings_infer.gateway.gate import Gate
from wings_infer.gateway.hub import Hub
from wings_infer.gateway.routes import Routes
from wings_infer.reports.access_log import AccessLog
from wings_infer.reports.journal import Journal
from wings_infer.reports.traffic import Traffic
from wings_infer.settings import Settings
from wings_infer.wire.framing import chunked_payload

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Wire:
    """A transport that keeps what is written."""

    def __init__(self):
        self.sent = bytearray()
        self.is_closed = self.is_paused = False

    def write(self, data):
        self.sent += data

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    abort = close

    def can_write_eof(self):
        return True

    def write_eof(self):
        pass

    def set_write_buffer_limits(self, high):
        pass

    def get_extra_info(self, _name):
        return None

    def pause_reading(self):
        self.is_paused = True

    def resume_reading(self):
        self.is_paused = False


class NotedExchange(Exchange):
    """Notes what this program means to send."""

    def __init__(self, client, request, forward):
        super().__init__(client, request, forward)
        self.meant = Read(request.method, forward.target or request.target, b"", not request.has_body)
        self._noted_framing = request.body()

    def body_piece(self, data, done):
        self.meant.body += chunked_payload(self._noted_framing, data)
        self.meant.is_whole = done
        super().body_piece(data, done)


class MemoryPool(Pool):
    """Opens a connection where none is idle."""

    def __init__(self):
        super().__init__(("memory", 0))
        self.connections = []
        self.exchanges = {}

    def take(self, exchange):
        connection = super().take(exchange)
        if connection is None:
            connection = EngineConnection(self)
            connection.connection_made(Wire())
            connection.exchange = exchange
            self.connections.append(connection)
        self.exchanges.setdefault(connection, []).append(exchange)
        return connection


class OpenGate(Gate):
    """Everybody goes on at once."""

    waiting = ()
    is_serving = True

    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def exchange(self, client, request, forward):
        return NotedExchange(client, request, forward)

    def enter(self, exchange):
        self.in_flight.add(exchange)
        exchange.start(self.pool)

    def leave(self, exchange):
        self.in_flight.discard(exchange)

    def unreachable(self, exchange, error): ...

    def suspect(self, exchange): ...

    def sweep(self, now): ...


class ReadyLifecycle:
    """Of an engine that serves."""

    def __init__(self):
        self.control = SimpleNamespace(is_serving=True, sends_away=False)


class MemoryGateway:
    """One client, and more with `connect`; the engines answer when `answer` is called.

    `is_open`: before a gate that lets everybody in, else before the gate of a pod.
    """

    def __init__(self, *, is_open=True, **settings):
        settings = Settings(**settings)
        self.pool = MemoryPool()
        self.gate = OpenGate(self.pool) if is_open else EngineGate(settings, ReadyLifecycle(), self.pool)
        self.hub = Hub(settings, self.gate, Journal(Traffic(), AccessLog("off", None)), print)
        self.routes = Routes(
            {}, forward=("/v1/",), translate=settings.generate == "translate", is_limited=True
        )
        self.client = self.connect()

    def connect(self):
        client = ClientConnection(self.hub, self.routes)
        client.connection_made(Wire())
        return client

    def send(self, pieces, *, answers_at_once):
        for piece in pieces:
            if piece and not self.client.transport.is_closed:
                self.client.data_received(piece)
            if answers_at_once:
                self.answer()
        self.answer()

    def answer(self):
        """Each engine answers what it has whole, until nothing is left to answer."""
        while whole := [one for one in self.pool.connections if _has_whole(one)]:
            for one in whole:
                one.data_received(OK)

    def at_engines(self):
        """(bytes, requests as this program meant them) of each connection to an engine."""
        for connection in self.pool.connections:
            meant = [exchange.meant for exchange in self.pool.exchanges[connection]]
            yield bytes(connection.transport.sent), meant


def _has_whole(connection):
    return connection.exchange is not None and connection.exchange.body_is_sent
