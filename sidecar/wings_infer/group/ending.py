"""The end of this pod: whether it got SIGTERM, and whether it has its turn."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from wings_infer.group.answers import parse_leader
from wings_infer.group.rules import Ending
from wings_infer.group.settings import GroupSettings
from wings_infer.group.turns import LowerGroup, Turn, TurnRules

PRE_STOP_FILE = "pre_stop.txt"
NO_NAME = frozenset({socket.EAI_NONAME, socket.EAI_NODATA})
"""What a resolver says of a name that does not exist; one that fails or takes long says nothing."""
NOTICE_SECONDS = 10.0
"""Both containers of a pod that ends are told at once; on a busy node the hook takes long."""


class PodEnd:
    """Looks at the hook's file; asks `Turn`, with what was read of the lower groups."""

    def __init__(self, shared_dir: Path, group: GroupSettings, tell: Callable[[str], None]) -> None:
        self.ending = Ending()
        self.told_at: float | None = None
        """When this program got SIGTERM."""
        self.lower_groups = [LowerGroup() for _ in group.lower_leaders]
        self._file = shared_dir / PRE_STOP_FILE
        self._group, self._tell = group, tell
        self._turn = _turn(group)
        self._asked_at: float | None = None
        self._gathered = False
        """When it was asked, nothing of its group had started."""

    def is_leaving(self, now: float) -> bool:
        """The pod has its turn to end, or this program alone was told to."""
        if self.ending.terminating or self.told_at is None:
            return self.ending.terminating
        return not self.ending.asked and now - self.told_at > NOTICE_SECONDS

    def look(self, now: float, *, is_script_ending: bool, is_free: bool, gathers: bool) -> None:
        """The hook's file, or SIGTERM at a script that had no hook; a new script takes it back.

        A member that `is_free` waits for no turn: its group ends anyhow, or no engine has started
        in it, and a lower group may need its device. Nor does a leader that `gathers` when it is
        asked: it serves nobody, and would start engines only to end them.
        """
        if not is_script_ending and not self._file.exists():
            self._asked_at, self.ending = None, Ending()
            return
        if self._asked_at is None:
            self._asked_at, self._turn = now, _turn(self._group)
            self._gathered = gathers
            self._tell("the pod got SIGTERM")
        is_ours = self._turn.is_ours(self.lower_groups, self._asked_at, now)
        has_turn = self.ending.terminating or is_ours or is_free or self._gathered
        if has_turn and not self.ending.terminating:
            self._tell(f"the pod ends, {now - self._asked_at:.0f} s after SIGTERM")
        self.ending = Ending(asked=True, terminating=has_turn)

    def on_lower_answer(self, number: int, content: bytes) -> None:
        """The leader of a lower group answered. Raises BadMessage."""
        self.lower_groups[number] = LowerGroup(parse_leader(content))

    def on_lower_silence(self, number: int, error: Exception, now: float) -> None:
        """It did not, or has no name any more."""
        since = self.lower_groups[number].nameless_since
        if isinstance(error, socket.gaierror) and error.errno in NO_NAME:
            since = now if since is None else since
            self.lower_groups[number] = LowerGroup(nameless_since=since, nameless_until=now)
        elif since is None or not isinstance(error, TimeoutError | socket.gaierror):
            self.lower_groups[number] = LowerGroup()


def _turn(group: GroupSettings) -> Turn:
    return Turn(TurnRules(group.turn, group.turn_quiet, group.turn_absent))
