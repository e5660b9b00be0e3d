"""Requests with a known meaning, written so that a parser might read another one."""

from dataclasses import dataclass, field

from support.judges import Read

HIDDEN = b"POST /collective_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n"
INNER = b"Host: x\r\nContent-Length: 0\r\n\r\n" + HIDDEN
"""Behind a line that looks like a request's first one, a request and the beginning of another."""
VALUES = {
    b"transfer-encoding": None, b"content-length": None, b"host": None,
    b"connection": b"x", b"keep-alive": b"5", b"close": b"x", b"te": b"trailers", b"trailer": b"X-Sum",
    b"upgrade": b"websocket", b"expect": b"100-continue", b"http2-settings": b"AAMA",
    b"proxy-connection": b"close", b"x-request-id": b"abc", b"x-forwarded-for": b"10.0.0.1",
    b"authorization": b"Bearer k", b"content-type": b"text/plain", b"x-own": b"\tvalue \xff",
}  # fmt: skip
"""Names of fields and of options of Connection; None: given by the framing alone."""
NAMES = sorted(VALUES)
HARMLESS = {
    b"connection",
    b"keep-alive",
    b"close",
    b"te",
    b"trailer",
    b"http2-settings",
    b"proxy-connection",
}


@dataclass(frozen=True)
class Meant:
    """A request as its client means it."""

    method: bytes = b"POST"
    version: bytes = b"1.1"
    body: bytes = b""
    framing: bytes = b"length"
    chunk_size: int = 1000
    extension: bytes = b""
    trailers: list = field(default_factory=list)
    connection: list = field(default_factory=list)
    """Options of Connection, none: no such field."""
    fields: list = field(default_factory=list)
    """Names of more fields."""
    is_upper: bool = False

    def text(self, target):
        """What is sent to ask for this target."""
        lines = [b"%b %b HTTP/%b" % (self.method, target, self.version)]
        lines += [b"Host: x"] if self.version == b"1.1" else []
        lines += [b"Connection: " + b", ".join(self.connection)] if self.connection else []
        lines += [b"%b: %b" % (name, VALUES[name]) for name in self.fields if VALUES[name]]
        chunked = self.framing == b"chunked"
        lines.append(
            b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(self.body)
        )
        if self.is_upper:
            lines = [lines[0], *[line.upper() for line in lines[1:]]]
        return b"\r\n".join(lines) + b"\r\n\r\n" + (self._chunks() if chunked else self.body)

    def read(self, target):
        """How everybody should read it."""
        return Read(self.method, target, self.body, is_whole=True)

    @property
    def may_be_refused(self):
        """The gateway may answer it itself, or end the connection with its answer."""
        is_plain = (
            set(self.connection) <= HARMLESS - {b"close"} and not self.trailers and not self.extension
        )
        odd = {b"connection", b"expect", b"upgrade"} & set(self.fields)
        return not is_plain or bool(odd) or self.version == b"1.0"

    def _chunks(self):
        size, data = self.chunk_size, self.body
        chunks = [data[at : at + size] for at in range(0, len(data), size)]
        sized = [b"%x%b\r\n%b\r\n" % (len(chunk), self.extension, chunk) for chunk in chunks]
        return b"".join([*sized, b"0\r\n", *[line + b"\r\n" for line in self.trailers], b"\r\n"])
