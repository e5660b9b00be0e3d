"""A client that sends exactly the bytes it is told to, and reads answers strictly."""

import json
import select
import socket
import time
from dataclasses import dataclass, field

from support.waiting import LIMIT_SECONDS


@dataclass
class Reply:
    status: int
    fields: dict
    body: bytes = b""
    complete: bool = True
    chunks: list = field(default_factory=list)
    trailers: bytes = b""

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json["error"]["message"]


class Cut(Exception):
    """The connection ended before the reply did."""


class RawClient:
    def __init__(self, port, host="127.0.0.1", timeout=LIMIT_SECONDS):
        self.socket = socket.create_connection((host, port), timeout)
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def get(self, path, *fields):
        lines = [f"GET {path} HTTP/1.1", "Host: x", *fields, "", ""]
        self.send("\r\n".join(lines).encode())
        return self.read_reply()

    def post(self, path, body=b"{}", *fields):
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields, "", ""]
        self.send("\r\n".join(lines).encode() + body)
        return self.read_reply()

    def read_more(self):
        data = self.socket.recv(65536)
        self.rest += data
        return data

    def read_until(self, mark):
        while mark not in self.rest:
            if not self.read_more():
                raise Cut(self.rest)
        piece, _, self.rest = self.rest.partition(mark)
        return piece + mark

    def read_exactly(self, size):
        while len(self.rest) < size:
            if not self.read_more():
                raise Cut(self.rest)
        piece, self.rest = self.rest[:size], self.rest[size:]
        return piece

    def read_head(self):
        head = self.read_until(b"\r\n\r\n").decode("latin-1")
        line, *lines = head[:-4].split("\r\n")
        fields = {}
        for text in lines:
            name, _, value = text.partition(":")
            name = name.lower()
            fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
        assert line.startswith("HTTP/1.1 "), line
        return Reply(int(line.split(" ")[1]), fields)

    def read_reply(self, head_only=False):
        reply = self.read_head()
        if head_only or reply.status in (204, 304) or reply.status < 200:
            return reply
        if reply.fields.get("transfer-encoding") == "chunked":
            self._read_chunks(reply)
        elif "content-length" in reply.fields:
            reply.body = self.read_exactly(int(reply.fields["content-length"]))
        else:
            reply.body = self.read_to_end()
        return reply

    def _read_chunks(self, reply):
        while True:
            size = int(self.read_until(b"\r\n").split(b";")[0], 16)
            if not size:
                break
            reply.chunks.append(self.read_exactly(size))
            assert self.read_exactly(2) == b"\r\n"
        reply.body = b"".join(reply.chunks)
        line = self.read_until(b"\r\n")
        while line != b"\r\n":
            reply.trailers += line
            line = self.read_until(b"\r\n")

    def read_reply_rest(self):
        """The payload of chunks from the next chunk's size on."""
        reply = Reply(0, {})
        assert self.read_exactly(2) == b"\r\n"
        self._read_chunks(reply)
        return reply.body

    def read_reply_rest_at_chunk(self):
        """The same, when the last chunk was read with its end."""
        reply = Reply(0, {})
        self._read_chunks(reply)
        return reply.body

    def read_to_end(self):
        while self.read_more():
            pass
        rest, self.rest = self.rest, b""
        return rest

    def is_closed(self):
        """The other side ended the connection and sent nothing more."""
        try:
            return self.rest == b"" and self.socket.recv(65536) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def drip(client, start, seconds=0.05):
    """Sends this, then byte after byte, until there is an answer; which it returns."""
    client.send(start)
    waiting = select.poll()
    waiting.register(client.socket, select.POLLIN)
    end = time.monotonic() + LIMIT_SECONDS
    while not waiting.poll(seconds * 1000):
        assert time.monotonic() < end, "no answer"
        client.send(b"a")
    return client.read_reply()
