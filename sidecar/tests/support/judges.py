"""What h11 and httptools, the parsers of real engines, read in bytes that were sent to an engine."""

from dataclasses import dataclass

import h11
import httptools


@dataclass
class Read:
    """One request as a parser understood it."""

    method: bytes
    target: bytes
    body: bytes = b""
    is_whole: bool = False


def read_by_h11(data):
    """All requests; raises h11.RemoteProtocolError where the bytes are none."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    if data:  # none would mean the end
        connection.receive_data(data)
    found = []
    while (event := connection.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
        if isinstance(event, h11.Request):
            found.append(Read(event.method, event.target))
        elif isinstance(event, h11.Data):
            found[-1].body += bytes(event.data)
        else:
            found[-1].is_whole = True
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is h11.MUST_CLOSE:  # asked for by the request
                assert connection.trailing_data[0] == b""
                break
            connection.start_next_cycle()
    return found


def read_by_httptools(data):
    """All requests; raises httptools.HttpParserError where the bytes are none."""
    listener = _Listener()
    try:
        listener.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        assert listener.found[-1].is_whole
    return listener.found


class _Listener:
    def __init__(self):
        self.found = []
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self):
        self.found.append(Read(b"", b""))

    def on_url(self, data):
        self.found[-1].target += data

    def on_headers_complete(self):
        self.found[-1].method = self.parser.get_method()

    def on_body(self, data):
        self.found[-1].body += data

    def on_message_complete(self):
        self.found[-1].is_whole = True


def assert_both_read(data, meant):
    """Both read these requests and nothing else; the last one may be cut in its body."""
    for read in (read_by_h11, read_by_httptools):
        assert read(data) == meant, (read.__name__, data)
