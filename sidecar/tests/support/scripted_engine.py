"""An engine whose every reply is written by the test, byte for byte."""

import select
import socket
import struct
import threading
from contextlib import suppress

from support.ports import HeldPort
from support.waiting import LIMIT_SECONDS

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"


class EngineSide:
    """The engine's end of one connection, handed to the script of a path."""

    def __init__(self, connection):
        self.socket = connection
        connection.settimeout(LIMIT_SECONDS)
        self.rest = b""
        self.head = b""
        self.received = bytearray()

    def _read_more(self, size=65536):
        data = self.socket.recv(size)
        self.rest += data
        self.received += data
        return data

    def read_head(self):
        while b"\r\n\r\n" not in self.rest:
            if not self._read_more():
                return None
        self.head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        return self.head

    @property
    def method(self):
        return self.head.split(b" ")[0].decode()

    @property
    def path(self):
        return self.head.split(b" ")[1].decode()

    @property
    def fields(self):
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {line.split(":")[0].lower(): line.partition(":")[2].strip() for line in lines}

    def read_exactly(self, size):
        while len(self.rest) < size:
            if not self._read_more(1 << 20):
                raise ConnectionError("the gateway hung up")
        body, self.rest = self.rest[:size], self.rest[size:]
        return body

    def read_until(self, mark):
        while mark not in self.rest:
            if not self._read_more():
                raise ConnectionError("the gateway hung up")
        piece, _, self.rest = self.rest.partition(mark)
        return piece + mark

    def read_body(self):
        return self.read_exactly(int(self.fields.get("content-length", 0)))

    def read_chunks(self):
        """The payload of a chunked body, which is read with its trailers."""
        payload = b""
        while size := int(self.read_until(b"\r\n"), 16):
            payload += self.read_exactly(size)
            assert self.read_exactly(2) == b"\r\n"
        while self.read_until(b"\r\n") != b"\r\n":
            pass
        return payload

    def send(self, data):
        self.socket.sendall(data)

    def chunk(self, data):
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def reply(self, body=b"{}", status=b"200 OK", *fields):
        more = b"".join(b"%b\r\n" % one for one in fields)
        self.send(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n%b" % (status, len(body), more, body))

    def begin_chunks(self, *fields):
        more = b"".join(b"%b\r\n" % one for one in fields)
        self.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n%b\r\n" % more)

    def hang_up(self):
        self.socket.close()

    def end(self):
        """Hangs up while the engine's own thread reads here: a close would wait for that."""
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def gateway_hung_up(self, seconds=LIMIT_SECONDS):
        """Whether the gateway's end of the connection goes within this time."""
        asked = select.poll()
        asked.register(self.socket, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        return bool(asked.poll(seconds * 1000))


class ScriptedEngine:
    """Listens; scripts by path; what has no script is answered with 200 and {}."""

    def __init__(self):
        self.scripts = {}
        self.connections = []
        self.requests = []
        self.errors = []
        self.health = 200
        self._held = HeldPort()
        self.port = self._held.number
        self.listen()

    def listen(self):
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._acceptor.start()

    def stop_listening(self):
        """Nobody listens and no connection is left when this returns."""
        if self._listener.fileno() < 0:
            return
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for side in self.connections:
            side.end()
        self.connections.clear()

    def close(self):
        self.stop_listening()
        self._held.release()

    def script(self, path, function=None):
        """Replies to a path; returns what collects the function's results."""
        results = []

        def run(side):
            results.append(function(side))

        self.scripts[path] = run if function else None
        return results

    def count(self, path):
        return sum(path == known for _, known in self.requests)

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            side = EngineSide(connection)
            self.connections.append(side)
            threading.Thread(target=self._serve, args=(side,), daemon=True).start()

    def _serve(self, side):
        try:
            while side.read_head() is not None:
                path = side.path.split("?")[0]
                script = self.scripts.get(path)
                if path == "/health" and not script:
                    side.reply(b"", b"%d X" % self.health)
                    continue
                self.requests.append((side.method, path))
                if script:
                    script(side)
                else:
                    side.read_body()
                    side.reply()
        except (OSError, ValueError, ConnectionError) as error:
            self.errors.append(error)
        finally:
            side.socket.close()
