"""When a generation is over, and what the next one waits for."""

from __future__ import annotations

from wings_infer.group.answers import ALIVE, Phase, WorkerAnswer
from wings_infer.group.leader_state import End, LeaderState, name_of


def find_end(state: LeaderState, now: float) -> End | None:
    """Why the started generation is over; None while it is not."""
    return _own_end(state, now) or next(
        filter(None, (_seat_end(state, index, now) for index in range(1, state.rules.size))), None
    )


def _own_end(state: LeaderState, now: float) -> End | None:
    rules, engine = state.rules, state.engine
    if engine.launch != state.generation or engine.state not in ALIVE:
        how = f"ended with code {engine.code}" if engine.code is not None else "ended"
        return End(f"the leader's engine {how}", "engine")
    if state.sick_since is not None and 0 < rules.unhealthy <= now - state.sick_since:
        return End(f"the leader's engine was unhealthy for {rules.unhealthy:g} s", "unhealthy")
    if state.stalled:
        return End(state.stalled, "stall")
    if state.phase is Phase.START:
        if state.ending.terminating:
            return End("the leader's pod ends", "terminating", counts=False)
        if now - state.started >= rules.form:
            return End(f"the group did not form within {rules.form:g} s", "form")
    return _drain_end(state, now)


def _drain_end(state: LeaderState, now: float) -> End | None:
    if state.phase is not Phase.DRAIN:
        return None
    left = state.since + state.rules.delay - now
    if left <= 0 and (state.is_idle or left <= -state.rules.drain):
        who = "the leader's" if state.ending.terminating else "a worker's"
        return End(f"{who} pod ends", "terminating", counts=False)
    return None


def _seat_end(state: LeaderState, index: int, now: float) -> End | None:
    seat, rules = state.seats[index - 1], state.rules
    answer, pod = seat.answer, name_of(state, index)
    if now - max(seat.sent, state.started) >= rules.lease:
        return End(f"{pod} was silent for {rules.lease:g} s", "silent")
    if answer is None:
        return None
    if answer.pod != state.members[index]:
        return End(f"{pod} is another pod than before", "pod", counts=False)
    if answer.template != rules.template:
        return End(f"{pod} has another template", "template", counts=False)
    if answer.launched == state.generation:
        return _engine_end(state, answer, pod)
    return _launch_end(state, answer, pod, now)


def _engine_end(state: LeaderState, answer: WorkerAnswer, pod: str) -> End | None:
    if answer.engine not in ALIVE:
        code = f" with code {answer.code}" if answer.code is not None else ""
        return End(f"the engine of {pod} ended{code} ({answer.engine})", "engine")
    if answer.terminating and state.phase is Phase.START:
        return End(f"{pod} ends", "terminating", counts=False)
    return None


def _launch_end(state: LeaderState, answer: WorkerAnswer, pod: str, now: float) -> End | None:
    if answer.terminating:
        return End(f"{pod} ends", "terminating", counts=False)
    if state.phase is not Phase.START:
        return End(f"{pod} is not part of this generation", "engine")
    if now - state.started >= state.rules.lease:
        return End(f"{pod} did not start its engine within {state.rules.lease:g} s", "launch")
    return None


def waits_for(state: LeaderState, now: float) -> list[str]:
    """What a gathering leader still waits for, without times; empty when it may start."""
    indices = range(1, state.rules.size)
    reasons = [f"{name_of(state, i)} {lack}" for i in indices if (lack := lacks(state, i, now))]
    return reasons + waits_for_itself(state, now, is_complete=not reasons)


def waits_for_itself(state: LeaderState, now: float, *, is_complete: bool) -> list[str]:
    """The same, of what is not a worker's."""
    reasons = []
    if state.ending.terminating:
        reasons.append("the leader's pod ends")
    if not state.engine.is_gone:
        reasons.append(f"the leader's own engine is not gone ({state.engine.state})")
    elif is_complete and now < state.fence_until and not _all_came_back(state):
        reasons.append("engines of pods that went without a word need time to end")
    if now < state.start_after:
        reasons.append(f"start {state.attempt + 1} in a row comes after a pause")
    return reasons


def _all_came_back(state: LeaderState) -> bool:
    here = (state.rules.pod, *(seat.answer.pod if seat.answer else "" for seat in state.seats))
    return bool(state.previous) and here == state.previous


def lacks(state: LeaderState, index: int, now: float) -> str:
    """Why this worker cannot be started with, as words after its name; empty when it can."""
    seat = state.seats[index - 1]
    answer = seat.answer
    if answer is None or now - seat.sent >= state.rules.lease:
        return "does not answer"
    if answer.template != state.rules.template:
        return "has another template"
    if answer.terminating:
        return "ends"
    if answer.joined != state.generation:
        return f"is not ready to start (engine: {answer.engine})"
    return ""
