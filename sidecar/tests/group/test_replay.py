"""The model's ways through the protocol, walked by the real functions side by side.

No two pods have the same clock there, so whatever compared them would go another way.
"""

import random
from dataclasses import fields

import pytest

from group.environment import find_breach, steps
from group.model import FENCE, SOUND, begin, is_ready
from group.replay import Group, Pod, difference
from group.search import EVERYTHING
from wings_infer.group import leader, leader_conditions, worker
from wings_infer.group.answers import LeaderAnswer, WorkerAnswer
from wings_infer.group.rules import Heard

WALKS, LENGTH = 80, 150


def walk(workers, seed, fence=FENCE):
    """Takes a random way; the difference after the first step where there is one."""
    dice = random.Random(seed)
    world, group = begin(workers, -1), Group(workers, fence)
    taken = []
    for _ in range(LENGTH):
        calm, faults = [], []
        for label, is_fault, after in steps(world, SOUND, EVERYTHING):
            (faults if is_fault else calm).append((label, after))
        wild = faults and dice.random() < 0.07
        label, world = dice.choice(faults if wild else calm)
        taken.append(label)
        group.follow(label, world)
        found = difference(world, group) + list(filter(None, [find_breach(world, SOUND)]))
        state = group.pods[0].state
        is_look = label[0] in ("leader looks", "leader hears")
        if is_look and leader.serves_until(state) > group.pods[0].now:
            found += [] if is_ready(world) or state.phase != "run" else ["serves, though not ready"]
        if found:
            return found, taken
    return [], taken


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_the_real_functions_do_what_the_model_does(workers):
    for seed in range(WALKS // workers):
        found, taken = walk(workers, seed)
        assert not found, f"seed {seed}: {found} after {taken[-30:]}"


def test_walks_reach_what_matters():
    labels = {label[0] for seed in range(40) for label in walk(1, seed)[1]}
    assert {"engines pair", "drained", "leader deleted", "worker agent dies", "late tick"} <= labels


def no_echo(state, index, now):
    reason = real_lacks(state, index, now)
    return "" if reason == "is not ready to start (engine: none)" else reason


def deaf(state, answer, pod):
    return None


def always_adopts(rules, record, engine, now):
    return real_boot(
        rules, record and record.__class__(record.generation, record.phase, record.members), engine, now
    )


real_lacks, real_boot = leader_conditions.lacks, leader.boot
BREAKS = {
    "no echo of the generation": (leader_conditions, "lacks", no_echo),
    "a dead engine ignored": (leader_conditions, "_engine_end", deaf),
    "a silent worker ignored": (leader_conditions, "_seat_end", lambda *_: None),
    "every template fits": (worker, "_is_called", lambda state, said: said.phase == "start"),
    "engine kept in another generation": (worker, "_stop", lambda state, reason: (state, [])),
    "lease never renewed": (worker, "_renew", lambda state: (state, [])),
    "started phases not known": (leader, "STARTED", frozenset()),
    "previous members forgotten": (leader, "boot", always_adopts),
    "a hung engine is alive for ever": (leader_conditions, "_own_end", lambda state, now: None),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_function_is_found(name, monkeypatch):
    monkeypatch.setattr(*BREAKS[name])
    assert any(_differs(workers, seed) for workers in (1, 2) for seed in range(60))


def test_a_clock_that_is_compared_with_anothers_is_found(monkeypatch):
    def hear_by_the_others_clock(pod, answer, asked):
        pod.take(Heard(answer, asked + pod.group.pods[answer.index].ahead))

    monkeypatch.setattr(Pod, "hear", hear_by_the_others_clock)
    assert any(_differs(workers, seed) for workers in (1, 2) for seed in range(60))


def test_no_answer_tells_the_time():
    told = {one.name: one.type for kind in (LeaderAnswer, WorkerAnswer) for one in fields(kind)}
    assert {name for name, kind in told.items() if "int" in kind} == {"index", "size", "code"}
    assert "float" not in str(told.values())


def test_a_short_fence_is_found():
    assert any(walk(1, seed, fence=FENCE - 1)[0] for seed in range(60))


def _differs(workers, seed):
    try:
        return walk(workers, seed)[0]
    except AssertionError as error:
        return str(error) or "a rule of the harness"
