"""TLS, with certificates that are read again when they change: for clients, and to other pods."""

from __future__ import annotations

import ssl
from pathlib import Path


class Tls:
    """A server context over a mounted certificate and key."""

    def __init__(self, cert: Path, key: Path) -> None:
        """Raises OSError, ssl.SSLError."""
        self._files = (cert, key)
        self._seen = self._stamp()
        self.context = self._newest = self._load()
        self.context.sni_callback = self._take_newest

    def reload(self) -> bool:
        """Takes a changed certificate for new connections; whether it did. Raises as __init__."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._newest = self._load()
        self._seen = stamp
        return True

    def _take_newest(self, connection: ssl.SSLObject, _name: str | None, _context: object) -> None:
        """Called for each handshake, also without a name.

        A context that is in use is never loaded again: the files may change between certificate and
        key, and a pair that does not fit would leave it with none.
        """
        connection.context = self._newest

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(*self._files)
        return context

    def _stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in self._files)


class Trust:
    """A client context that believes the certificates of one file, and what they signed."""

    def __init__(self, ca: Path, name: str) -> None:
        """`name` is what a certificate must be for; empty: any. Raises OSError, ssl.SSLError."""
        self.name = name or None
        self._ca = ca
        self._seen = ca.stat().st_mtime_ns
        self.context = self._load()

    def reload(self) -> bool:
        """Takes a changed file for new connections; whether it did. Raises as __init__."""
        stamp = self._ca.stat().st_mtime_ns
        if stamp == self._seen:
            return False
        self.context = self._load()
        self._seen = stamp
        return True

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = self.name is not None
        # So that the file may be what the pods show, without the authority that signed it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(self._ca)
        return context
