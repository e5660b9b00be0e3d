"""Ports for programs under test."""

import socket


class HeldPort:
    """A free port that nobody else is given, before the program listens and while it does not.

    It is bound without listening: whoever asks the kernel for any port gets another one, and who
    names it may listen, as all servers here allow the reuse of addresses.
    """

    def __init__(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def release(self):
        self._socket.close()
