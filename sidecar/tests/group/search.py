"""Breadth-first search through everything the model can do.

`python -m group.search WORKERS FAULTS [KIND ...]`: that many faults at most, negative for any number.
Two workers are too many for a search of the whole; test_replay.py walks through groups of that size.
"""

import sys
from collections import deque
from typing import NamedTuple

from group.environment import find_breach, is_at_risk, is_fresh, is_settled, steps
from group.model import (
    ALIVE,
    ENDED,
    GATHER,
    LEASE,
    NONE,
    RUN,
    SOUND,
    START,
    STARTED,
    Worker,
    World,
    begin,
)


class Result(NamedTuple):
    breach: str
    states: int
    steps: int
    trace: list
    """Labels from the beginning to the breach."""


def canonical(world):
    """One value for all worlds that behave the same."""
    names = {0: 0}

    def name(gen):
        return names.setdefault(gen, len(names))

    leader = world.leader
    is_idle = leader.engine == NONE
    needs_fence = leader.up and leader.phase == GATHER
    leader = leader._replace(
        gen=name(leader.gen),
        launched=0 if is_idle else name(leader.launched),
        lease=0 if is_idle else leader.lease,
        fence=leader.fence if needs_fence else 0,
    )
    workers = tuple([canonical_worker(world, one, name) for one in world.workers])
    ghosts = tuple(sorted((name(g), t, left) for g, t, left in world.ghosts))
    world = World(leader, workers, ghosts, world.wanted, world.faults)
    return flip(world) if world.wanted else world


def canonical_worker(world, one, name):
    leader, is_idle = world.leader, one.engine == NONE
    is_started, has_ended = leader.phase in STARTED, leader.phase == ENDED
    kept = {leader.gen} | ({one.told.gen} if one.told else set())
    is_current = one.view and not has_ended and (one.view.age < LEASE or is_started)
    uids = {0: 0, one.uid: 1}

    def uid(number):
        return uids.setdefault(number, len(uids))

    def said(answer):
        joined = answer.joined if answer.joined == leader.gen else 0
        launched = answer.launched if answer.launched == leader.gen else 0
        return answer._replace(uid=uid(answer.uid), joined=name(joined), launched=name(launched))

    told = one.told and one.told._replace(gen=name(one.told.gen), member=int(one.told.member == one.uid))
    return Worker(
        1, one.up, one.template, one.ending,
        joined=name(one.joined),
        launched=name(one.launched if not is_idle or one.launched in kept else 0),
        engine=one.engine, lease=0 if is_idle else one.lease, told=told, cut=one.cut,
        member=uid(one.member), previous=0 if is_started or has_ended else uid(one.previous),
        view=said(one.view) if is_current else None, heard=one.heard and is_started,
        was_alive=one.was_alive, said=said(one.said) if one.said and not has_ended else None,
        missing=one.missing if leader.phase == RUN else 0,
    )  # fmt: skip


def flip(world):
    """Templates have no names of their own: the wanted one is 0."""

    def turn(value):
        return value and value._replace(template=1 - value.template)

    workers = tuple(
        turn(one)._replace(told=turn(one.told), view=turn(one.view), said=turn(one.said))
        for one in world.workers
    )
    ghosts = tuple(sorted((gen, 1 - template, left) for gen, template, left in world.ghosts))
    return world._replace(leader=turn(world.leader), workers=workers, ghosts=ghosts, wanted=0)


def search(workers, faults, budget, rules=SOUND, limit=3_000_000, is_quick=False):
    """The first broken promise, by the shortest way to it; `is_quick`: agents are back within a lease."""
    first = canonical(begin(workers, budget))
    numbers, worlds, parents, labels = {first: 0}, [first], [-1], [("begin",)]
    known = {}
    """By world as it came: its canonical one. Most worlds come several times."""
    calm_edges = []
    queue, count = deque([0]), 0
    while queue:
        index = queue.popleft()
        world = worlds[index]
        for label, is_fault, then in steps(world, rules, faults):
            count += 1
            if is_quick and not is_within_lease(world, label):
                continue
            after = known.get(then) or known.setdefault(then, canonical(then))
            number = numbers.setdefault(after, len(worlds))
            is_new = number == len(worlds)
            if is_new:
                worlds.append(after)
                parents.append(index)
                labels.append(label)
                queue.append(number)
                assert number <= limit, f"more than {limit} states"
            breach = is_new and find_breach(after, rules)
            breach = breach or starts_wrongly(world, after)
            breach = breach or (is_quick and stops_wrongly(world, after))
            if breach:
                return Result(breach, len(worlds), count, [*path(index, parents, labels), label])
            if not is_fault and number != index:
                calm_edges.append((index, number))
    stuck = find_stuck(worlds, calm_edges)
    if stuck is not None:
        return Result("P3 never serves for good again", len(worlds), count, path(stuck, parents, labels))
    return Result("", len(worlds), count, [])


def starts_wrongly(before, after):
    if after.leader.ending and after.leader.phase == START and before.leader.phase == GATHER:
        return "P5 an engine starts in a pod that ends"
    for one, then in zip(before.workers, after.workers, strict=True):
        if one.ending and then.ending and one.engine == NONE and then.engine in ALIVE:
            return "P5 an engine starts in a pod that ends"
    return ""


def is_within_lease(world, label):
    if label == ("tick",):
        return not is_at_risk(world)
    return "agent dies" not in label[0] or is_fresh(world)


def stops_wrongly(before, after):
    if before.leader.phase in (START, RUN) and after.leader.phase == GATHER:
        return "P4 an agent's restart ended a generation"
    counts = [
        sum(one.engine in ALIVE for one in (world.leader, *world.workers)) for world in (before, after)
    ]
    return "P4 an agent's restart stopped an engine" if counts[1] < counts[0] else ""


def find_stuck(worlds, edges):
    """A world from which, without faults, no settled world is reached that stays settled."""
    back = [[] for _ in worlds]
    for source, goal in edges:
        back[goal].append(source)
    inside = bytearray(map(is_settled, worlds))
    work = [index for index, good in enumerate(inside) if not good]
    while work:
        for source in back[work.pop()]:
            if inside[source]:
                inside[source] = 0
                work.append(source)
    reached = bytearray(inside)
    work = [index for index, good in enumerate(inside) if good]
    while work:
        for source in back[work.pop()]:
            if not reached[source]:
                reached[source] = 1
                work.append(source)
    return next((index for index, good in enumerate(reached) if not good), None)


def path(index, parents, labels):
    found = []
    while index >= 0:
        found.append(labels[index])
        index = parents[index]
    return found[::-1]


CRASHES = frozenset({"exit", "hang", "agent", "delete", "cut", "slow"})
EVERYTHING = CRASHES | {"term", "rollout"}

if __name__ == "__main__":
    import time

    workers, budget = int(sys.argv[1]), int(sys.argv[2])
    begun = time.monotonic()
    result = search(workers, frozenset(sys.argv[3:]) or EVERYTHING, budget)
    print(f"{result.states} states, {result.steps} steps, {time.monotonic() - begun:.0f} s: "
          f"{result.breach or 'all promises hold'}")  # fmt: skip
    for one in result.trace:
        print("  ", *one)
    sys.exit(bool(result.breach))
