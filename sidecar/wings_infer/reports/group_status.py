"""The group in /engine/status and in the metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wings_infer.control.clock import uptime
from wings_infer.group.control import GroupControl
from wings_infer.group.leader_state import LeaderState
from wings_infer.group.stories import pod_name, seat_engine
from wings_infer.group.worker import WorkerState, leader_of

Rows = Sequence[tuple[str, float]]
END_KINDS = (
    "engine",
    "unhealthy",
    "stall",
    "form",
    "launch",
    "silent",
    "pod",
    "template",
    "terminating",
)


def group_status(control: GroupControl) -> dict[str, Any]:
    """What operators want to know of the group; times in seconds."""
    now, group, member, ending = uptime(), control.group, control.member, control.end.ending
    shown: dict[str, Any] = {
        "name": group.group, "number": group.number, "size": group.size, "index": group.index,
        "pod": group.pod, "asked_to_end": ending.asked, "terminating": ending.terminating,
    }  # fmt: skip
    if isinstance(member, LeaderState):
        return shown | _leader(control, member, now)
    return shown | _worker(control, member, now)


def members_seen(member: LeaderState, now: float) -> int:
    """Members heard lately, the leader among them."""
    horizon = now - member.rules.patience
    return 1 + sum(seat.heard > horizon for seat in member.seats)


def group_rows(control: GroupControl) -> Iterator[tuple[str, str, str, Rows]]:
    """Name, kind, meaning and rows of the group's metrics."""
    member = control.member
    yield "wings_group_size", "gauge", "Pods of the group.", [("", control.group.size)]
    yield (
        "wings_group_generations_total", "counter", "Generations this pod's engine was started for.",
        [("", control.generations)],
    )  # fmt: skip
    if isinstance(member, LeaderState):
        seen = members_seen(member, uptime())
        yield (
            "wings_group_members_seen",
            "gauge",
            "Members heard lately, the leader among them.",
            [("", seen)],
        )
        ends = [(f'{{reason="{kind}"}}', member.ends.get(kind, 0)) for kind in END_KINDS]
        yield "wings_group_ends_total", "counter", "Generations that ended, by reason.", ends


def _leader(control: GroupControl, member: LeaderState, now: float) -> dict[str, Any]:
    end = member.last_end
    return {
        "role": "leader",
        "phase": str(member.phase),
        "phase_seconds": round(now - member.since, 1),
        "generation": member.generation,
        "ends_in_a_row": member.attempt,
        "last_end": {"reason": end.reason, "kind": end.kind} if end else None,
        "members_seen": members_seen(member, now),
        "members": [_seat(control, member, index, now) for index in range(1, member.rules.size)],
    }


def _seat(control: GroupControl, member: LeaderState, index: int, now: float) -> dict[str, Any]:
    seat = member.seats[index - 1]
    answer = seat.answer
    silent = control.silences.get(index)
    return {
        "index": index,
        "name": pod_name(member, control.group, index),
        "node": answer.node if answer else "",
        "pod": answer.pod if answer else "",
        "engine": seat_engine(member, index),
        "heard_seconds_ago": round(now - seat.heard, 1) if answer else None,
        "silent_seconds": round(now - silent[0], 1) if silent else 0,
        "why": silent[1] if silent else "",
    }


def _worker(control: GroupControl, member: WorkerState, now: float) -> dict[str, Any]:
    said = leader_of(member, now)
    silent = control.silences.get(0)
    return {
        "role": "worker",
        "joined": member.joined,
        "generation": member.launched,
        "engine": str(member.shown_engine),
        "leader": {
            "phase": str(said.phase) if said else None,
            "generation": said.generation if said else None,
            "reason": said.reason if said else "",
            "silent_seconds": round(now - silent[0], 1) if silent else 0,
            "why": silent[1] if silent else "",
        },
    }
