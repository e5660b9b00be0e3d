"""What can go wrong, and the exit code each kind of failure ends with.

WingsError (1)
├── ProfileError (3)   a profile or a catalog file is wrong
├── PlanError (4)      valid profiles do not fit together
├── ChartError (5)     a chart template failed, or a chart directory may not be written
├── ToolError (6)      helm, kubectl, the cluster or a model hub failed
│   └── ToolTimeoutError (124)   and did not end within its time
├── InterruptError (130)   the person at the terminal ended it
└── DriftError (10)    what is on disk is not what would be rendered
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wingsctl.documents import Problem


class WingsError(Exception):
    """A failure that is reported to the user without a traceback.

    `message` is one lower-case sentence, `hint` says what to do, `problems` are
    the findings in files that led here (all of them, sorted).
    """

    exit_code = 1
    code = "error"

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(sorted(problems))


class ProfileError(WingsError):
    """A profile or a catalog file is wrong."""

    exit_code = 3
    code = "profile"


class PlanError(WingsError):
    """Each file is valid, but together they cannot work."""

    exit_code = 4
    code = "plan"


class ChartError(WingsError):
    """A chart could not be built or written."""

    exit_code = 5
    code = "chart"


class ToolError(WingsError):
    """helm, kubectl, the cluster or a model hub failed, or is missing or too old."""

    exit_code = 6
    code = "tool"


class ToolTimeoutError(ToolError):
    """A tool or a hub did not end within its time."""

    exit_code = 124
    code = "timeout"


class InterruptError(WingsError):
    """The command was interrupted while something else goes on."""

    exit_code = 130
    code = "interrupted"


class DriftError(WingsError):
    """What is on disk differs from what would be rendered."""

    exit_code = 10
    code = "drift"
