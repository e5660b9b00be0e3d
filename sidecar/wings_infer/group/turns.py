"""Turns: a pod that got SIGTERM goes on while a lower group of the release is in transition."""

from __future__ import annotations

from dataclasses import dataclass

from wings_infer.group.answers import LeaderAnswer, Phase


@dataclass(frozen=True)
class TurnRules:
    """Times in seconds."""

    bound: float
    """After SIGTERM the turn is taken at the latest."""
    quiet: float
    """The lower groups must be quiet for so long: SIGTERMs of one upgrade do not come at once."""
    absent: float
    """A name that does not resolve for so long is no group any more."""


@dataclass(frozen=True)
class LowerGroup:
    """What was read of one lower group's leader."""

    answer: LeaderAnswer | None = None
    """The latest, None when there was none or it did not answer any more."""
    nameless_since: float | None = None
    """Since when its name does not resolve."""
    nameless_until: float = 0.0
    """When it was last found not to."""


class Turn:
    """Remembers since when all lower groups have been quiet."""

    def __init__(self, rules: TurnRules) -> None:
        self.rules = rules
        self._quiet_since: float | None = None

    def is_ours(self, groups: list[LowerGroup], asked: float, now: float) -> bool:
        """Whether this pod may end now, having got SIGTERM at `asked`."""
        if not groups or now - asked >= self.rules.bound:
            return True
        if not all(self._is_quiet(group) for group in groups):
            self._quiet_since = None
            return False
        self._quiet_since = now if self._quiet_since is None else self._quiet_since
        return now - self._quiet_since >= self.rules.quiet

    def _is_quiet(self, group: LowerGroup) -> bool:
        if group.nameless_since is not None:
            return group.nameless_until - group.nameless_since >= self.rules.absent
        answer = group.answer
        return (
            answer is not None and answer.phase is Phase.RUN and not (answer.asked or answer.terminating)
        )
