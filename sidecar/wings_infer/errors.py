"""The errors of this program.

WingsInferError
├── SettingsError        the environment is wrong; the program does not start
├── BadMessage           bytes that are not HTTP/1.1 as this program accepts it
│   └── BadRequest       ... sent by a client; carries the status of the answer
└── BadFile              a file of the shared volume cannot be understood
"""

from __future__ import annotations


class WingsInferError(Exception):
    """Base of all errors of this program."""


class SettingsError(WingsInferError):
    """The environment is wrong; the message has one line for each problem."""


class BadMessage(WingsInferError):
    """Bytes that are not HTTP/1.1 as this program accepts it."""


class BadRequest(BadMessage):
    """A request that is refused with a status of its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class BadFile(WingsInferError):
    """A file of the shared volume cannot be understood."""
