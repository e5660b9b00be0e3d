"""API keys from a mounted file, read again when it changes."""

from __future__ import annotations

import hmac
from hashlib import sha256
from pathlib import Path

from wings_infer.wire.answers import Answer, error_answer
from wings_infer.wire.requests import Request


class Keys:
    """Whether a request carries a key. A file that cannot be read allows nobody."""

    def __init__(self, path: Path | None, open_paths: tuple[str, ...]) -> None:
        self.is_on = path is not None
        self._path = path
        self._open = frozenset(open_path.encode() for open_path in open_paths)
        self._digests: list[bytes] = []
        self.reload()

    def reload(self) -> None:
        """Reads the file again; cheap enough for every few seconds."""
        if self._path is None:
            return
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            lines = []
        keys = [line.strip() for line in lines]
        self._digests = [sha256(key).digest() for key in keys if key and not key.startswith(b"#")]

    def allow(self, request: Request) -> bool:
        """The path is open, or the request carries one of the keys; compared in constant time."""
        if request.path in self._open:
            return True
        scheme, _, key = request.authorization.partition(b" ")
        digest = sha256(key.strip()).digest()
        matches = [hmac.compare_digest(digest, known) for known in self._digests]
        return scheme.lower() == b"bearer" and any(matches)

    def refusal(self) -> Answer:
        """The answer to a request without a key."""
        return error_answer(401, "a valid API key is needed", fields=b"\r\nWWW-Authenticate: Bearer")
