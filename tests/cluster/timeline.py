"""What ran where and when, for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """One file on one cluster; seconds since the run began."""

    file: str
    cluster: str
    began: float
    ended: float
    passed: bool = True

    @property
    def seconds(self) -> float:
        return self.ended - self.began


def time_line(spans: Sequence[Span], total: float) -> str:
    """Each cluster's files in their order, and how long it had none: while it starts, too."""
    lines = []
    for cluster in sorted({each.cluster for each in spans}, reverse=True):
        mine = sorted((each for each in spans if each.cluster == cluster), key=lambda s: s.began)
        idle = total - sum(each.seconds for each in mine)
        lines.append(f"cluster {cluster!r}, without a file for {clock(idle)} of {clock(total)}")
        lines += [
            f"  {clock(each.began):>6}  {clock(each.seconds):>6}  {_end(each)}" for each in mine
        ]
    return "\n".join(lines)


def _end(span: Span) -> str:
    return span.file if span.passed else f"{span.file}  FAILED"


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
