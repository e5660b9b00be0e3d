"""The group in words, for people: what is missing, since when, why, and what heals it."""

from __future__ import annotations

from collections.abc import Mapping

from wings_infer.group import worker
from wings_infer.group.answers import ALIVE, Phase
from wings_infer.group.leader_conditions import lacks, waits_for, waits_for_itself
from wings_infer.group.leader_state import LeaderState
from wings_infer.group.settings import GroupSettings

LOST_SECONDS = 60.0
"""Kubernetes itself takes about this long to call a node lost."""
Silences = Mapping[int, tuple[float, str]]


def leader_news(state: LeaderState, now: float) -> str:
    """Phase and reason without times: it changes when something happens."""
    text = f"{state.phase} {state.generation}"
    if state.phase is Phase.GATHER:
        text += ": " + ("; ".join(waits_for(state, now)) or "complete")
        if state.last_end:
            text += f" (the last generation ended: {state.last_end.reason})"
    return text


def worker_news(state: worker.WorkerState, now: float) -> str:
    """The same of a worker."""
    return worker.fault(state, now) or f"engine {state.shown_engine} {state.engine.launch}".rstrip()


def leader_story(state: LeaderState, group: GroupSettings, silences: Silences, now: float) -> str:
    """Why the group serves no requests."""
    if state.phase is Phase.GATHER:
        return _gathering(state, group, silences, now)
    if state.phase is Phase.START:
        return (
            f"the group starts for {now - state.started:.0f} s{_not_seen(state, group, silences, now)}"
        )
    if state.phase in {Phase.DRAIN, Phase.ENDED}:
        return "the pod ends" if state.ending.terminating else "a pod of the group ends"
    if not state.engine.is_healthy:
        return "the leader's engine does not answer"
    return "the group is not whole" + _not_seen(state, group, silences, now)


def worker_story(state: worker.WorkerState, silences: Silences, now: float) -> str:
    """Why this worker serves no requests, and what it waits for."""
    text = "this pod is a worker; requests go to the leader"
    said = worker.leader_of(state, now)
    if said is None:
        since, why = silences.get(0, (now, "not asked yet"))
        text += f"; the leader does not answer for {now - since:.0f} s: {why}"
    elif said.phase is not Phase.RUN:
        text += f"; the group: {said.phase}"
        text += f", {said.reason}" if said.reason else ""
    fault = worker.fault(state, now)
    return f"{text}; {fault}" if fault else text


def _gathering(state: LeaderState, group: GroupSettings, silences: Silences, now: float) -> str:
    waits = [
        _missing(state, group, silences, index, now)
        for index in range(1, state.rules.size)
        if lacks(state, index, now)
    ]
    own = waits_for_itself(state, now, is_complete=not waits)
    left = max(state.fence_until, state.start_after) - now
    if own and not waits and left > 0:
        own = [f"{one} ({left:.0f} s)" for one in own]
    text = f"the group gathers for {now - state.since:.0f} s: {'; '.join(waits + own) or 'all are here'}"
    if now - state.since > state.rules.form:
        text += f"; that is longer than the {state.rules.form:g} s it may take"
    if state.last_end:
        text += f"; the last generation ended: {state.last_end.reason}"
    return text


def _not_seen(state: LeaderState, group: GroupSettings, silences: Silences, now: float) -> str:
    horizon = now - state.rules.patience
    missing = [
        _missing(state, group, silences, index, now)
        for index, seat in enumerate(state.seats, 1)
        if not (seat.was_alive and seat.heard > horizon)
    ]
    return ": " + "; ".join(missing) if missing else ""


def _missing(
    state: LeaderState, group: GroupSettings, silences: Silences, index: int, now: float
) -> str:
    seat = state.seats[index - 1]
    if index in silences:
        since, why = silences[index]
        text = f"{pod_name(state, group, index)} does not answer for {now - since:.0f} s: {why}"
        return text + (healing(state, group, index) if now - since > LOST_SECONDS else "")
    lack = lacks(state, index, now) if state.phase is Phase.GATHER else "was not seen to start yet"
    return f"{pod_name(state, group, index)} {lack} for {now - seat.changed:.0f} s"


def pod_name(state: LeaderState, group: GroupSettings, index: int) -> str:
    """The pod's name as it said it, else as its address begins."""
    answer = state.seats[index - 1].answer
    if answer and answer.name:
        return answer.name
    host = group.address(index, 0)[0]
    return f"pod {index}" if host.replace(".", "").isdecimal() else host.partition(".")[0]


def healing(state: LeaderState, group: GroupSettings, index: int) -> str:
    """The command that lets Kubernetes replace a pod of a lost node."""
    answer, name = state.seats[index - 1].answer, pod_name(state, group, index)
    namespace = group.group.partition("/")[0]
    if answer is None or not answer.node:
        return f" (where it runs: kubectl -n {namespace} get pod {name} -o wide)"
    taint = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"
    return f" (if node {answer.node} is lost for good: kubectl taint nodes {answer.node} {taint})"


def seat_engine(state: LeaderState, index: int) -> str:
    """A worker's engine in one word."""
    answer = state.seats[index - 1].answer
    if answer is None:
        return "unknown"
    if answer.launched == state.generation and answer.engine in ALIVE:
        return str(answer.engine)
    return f"{answer.engine}" if answer.engine not in ALIVE else f"{answer.engine} in another generation"
