"""What engines of the tests are made of. They start often, so that only a little is imported here."""

import socket
import socketserver


def read_options(words, **defaults):
    """`--name value` pairs, each of the type of its default."""
    given = dict(zip(words[::2], words[1::2], strict=True))
    options = {name.removeprefix("--").replace("-", "_"): value for name, value in given.items()}
    assert options.keys() <= defaults.keys(), options
    return defaults | {name: type(defaults[name])(value) for name, value in options.items()}


class Server(socketserver.ThreadingTCPServer):
    """Calls reply(path, write) for each request; `write` sends bytes to the client."""

    allow_reuse_address = daemon_threads = True
    request_queue_size = 100

    def __init__(self, port, reply):
        super().__init__(("127.0.0.1", port), Connection)
        self.reply = reply


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while line := self.rfile.readline():
                self._skip_rest()
                self.server.reply(line.split()[1].decode(), self.wfile.write)
        except ConnectionError:
            return

    def _skip_rest(self):
        length = 0
        while (field := self.rfile.readline()) not in (b"\r\n", b""):
            name, _, value = field.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        self.rfile.read(length)


def answer(write, body):
    write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def stream(write, pieces):
    """The pieces in chunks, each when it is there."""
    write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in pieces:
        write(b"%x\r\n%b\r\n" % (len(piece), piece))
    write(b"0\r\n\r\n")
