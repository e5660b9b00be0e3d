"""Many clients at once, each with one request, without a thread for each."""

import selectors
import socket

from support.waiting import LIMIT_SECONDS


class Crowd:
    """Sends `POST PATH` with the body of each, then collects every answer to its end."""

    def __init__(self, port, path, bodies):
        self.clients = {}
        for body in bodies:
            client = socket.create_connection(("127.0.0.1", port), LIMIT_SECONDS)
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}"
            client.sendall(head.encode() + b"\r\n\r\n" + body)
            self.clients[client] = body

    def answers(self):
        """(body sent, whole answer) of each client; an answer ends with its connection."""
        waiting = selectors.DefaultSelector()
        read = dict.fromkeys(self.clients, b"")
        for client in self.clients:
            waiting.register(client, selectors.EVENT_READ)
        while waiting.get_map():
            ready = waiting.select(LIMIT_SECONDS)
            assert ready, f"{len(waiting.get_map())} clients have no whole answer"
            for key, _ in ready:
                data = key.fileobj.recv(65536)
                read[key.fileobj] += data
                if not data:
                    waiting.unregister(key.fileobj)
        waiting.close()
        return [(self.clients[client], answer) for client, answer in read.items()]

    def close(self):
        for client in self.clients:
            client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
