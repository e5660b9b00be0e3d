"""The group protocol in the small: one leader, some workers, a network that delays and loses, time.

States are values; `steps` names everything that may happen next. A step delivers one event to one
role, which then settles, as `wings_infer.group` does; test_replay.py walks both side by side.
Time is a tick; LEASE, STOP and FENCE are counted in ticks. Generations and uids are renamed in the
order in which they appear, so that there are finitely many states.
"""

from typing import NamedTuple

LEASE, STOP, FORM = 2, 1, 3
FENCE = LEASE + STOP
GATHER, START, RUN, DRAIN, ENDED = "gather", "start", "run", "drain", "ended"
STARTED = (START, RUN, DRAIN)
NONE, LOADING, PAIRED, HUNG, STOPPING = "none", "loading", "paired", "hung", "stopping"
ALIVE = (LOADING, PAIRED, HUNG)
ANSWERS_LOST, ASKS_LOST = 1, 2
"""A cut link: the leader cannot read the worker, the worker cannot read the leader."""


class Leader(NamedTuple):
    up: bool = False
    template: int = 0
    ending: bool = False
    phase: str = GATHER
    gen: int = 0
    engine: str = NONE
    launched: int = 0
    lease: int = 0
    """Ticks since its agent last renewed the engine's lease."""
    fence: int = 0
    age: int = 0
    """Ticks since the start, while it starts."""


class Said(NamedTuple):
    """A worker's answer, and its age in ticks."""

    uid: int
    template: int
    ending: bool
    joined: int
    launched: int
    alive: bool
    age: int = 0


class Told(NamedTuple):
    """The leader's answer, and its age in ticks."""

    gen: int
    phase: str
    template: int
    member: int
    """The uid that is a member in the asking worker's place, 0 for none."""
    age: int = 0


class Worker(NamedTuple):
    uid: int = 1
    up: bool = False
    template: int = 0
    ending: bool = False
    joined: int = 0
    launched: int = 0
    engine: str = NONE
    lease: int = 0
    told: Told | None = None
    """An answer of the leader on its way."""
    cut: int = 0
    # What the leader keeps of it
    member: int = 0
    previous: int = 0
    view: Said | None = None
    heard: bool = False
    """In this tick."""
    was_alive: bool = False
    said: Said | None = None
    """An answer of the worker on its way."""
    missing: int = 0
    """Ticks since it really ran the leader's generation; nobody reads this, properties do."""


class World(NamedTuple):
    leader: Leader
    workers: tuple[Worker, ...]
    ghosts: tuple[tuple[int, int, int], ...] = ()
    """Engines of force-deleted pods: generation, template, ticks to live."""
    wanted: int = 0
    """The template that the controller rolls out."""
    faults: int = 0
    """How many more may happen; negative: any number."""


class Rules(NamedTuple):
    """The protocol, or a broken one: every flag is one deliberate break."""

    no_echo: bool = False
    fence: int = FENCE
    no_lease: bool = False
    ignore_template: bool = False
    ignore_silence: bool = False
    ignore_dead_engine: bool = False
    forget_launch: bool = False
    no_adoption: bool = False
    ending_pods_start: bool = False
    same_generation: bool = False


SOUND = Rules()


def begin(workers, faults):
    return World(Leader(), (Worker(),) * workers, faults=faults)


def put(world, i, worker):
    return world._replace(workers=(*world.workers[:i], worker, *world.workers[i + 1 :]))


def each(world, change):
    return world._replace(workers=tuple(map(change, world.workers)))


def fresh(world):
    leader = world.leader
    used = {leader.gen, leader.launched} | {ghost[0] for ghost in world.ghosts}
    for one in world.workers:
        used |= {one.joined, one.launched, one.told.gen if one.told else 0}
        for said in filter(None, (one.view, one.said)):
            used |= {said.joined, said.launched}
    return next(number for number in range(1, 1000) if number not in used)


# The leader


def gather(world, rules):
    leader = world.leader
    gen = leader.gen if rules.same_generation and leader.gen else fresh(world)
    phase = ENDED if leader.ending else GATHER
    world = each(world, lambda one: one._replace(member=0, was_alive=False))
    return world._replace(leader=leader._replace(gen=gen, phase=phase, age=0))


def end(world, rules):
    world = each(world, lambda one: one._replace(previous=one.member))
    world = gather(world, rules)
    leader = world.leader
    engine = STOPPING if leader.engine in ALIVE else leader.engine
    return world._replace(leader=leader._replace(engine=engine, fence=rules.fence))


def is_over(world, rules):
    leader = world.leader
    if leader.engine not in ALIVE:
        return True
    if leader.phase == START and (leader.ending or leader.age >= FORM):
        return True
    return any(loses(world, one, rules) for one in world.workers)


def loses(world, one, rules):
    leader, view = world.leader, one.view
    is_silent = leader.age >= LEASE and (view is None or view.age >= LEASE)
    if is_silent and not rules.ignore_silence:
        return True
    if view is None:
        return False
    if view.uid != one.member:
        return True
    if view.template != leader.template and not rules.ignore_template:
        return True
    if view.launched == leader.gen:
        if not view.alive:
            return not rules.ignore_dead_engine
        return view.ending and leader.phase == START
    return view.ending or leader.phase != START or leader.age >= LEASE


def may_start(world, rules):
    leader = world.leader
    if leader.engine != NONE or (leader.ending and not rules.ending_pods_start):
        return False
    for one in world.workers:
        view = one.view
        if view is None or view.age >= LEASE or (view.ending and not rules.ending_pods_start):
            return False
        if view.template != leader.template and not rules.ignore_template:
            return False
        if view.joined != leader.gen and not (rules.no_echo and not view.alive):
            return False
    came_back = all(one.previous and one.view.uid == one.previous for one in world.workers)
    return leader.fence == 0 or came_back


def settle_leader(world, rules):
    while True:
        leader, workers = world.leader, world.workers
        if leader.phase in STARTED:
            if is_over(world, rules):
                world = end(world, rules)
            elif (
                leader.phase == START and leader.engine == PAIRED
                and all(one.was_alive and one.heard for one in workers)
            ):  # fmt: skip
                world = world._replace(leader=leader._replace(phase=RUN))
            elif leader.phase == RUN and (
                leader.ending or any(one.view and one.view.ending for one in workers)
            ):
                world = world._replace(leader=leader._replace(phase=DRAIN))
            else:
                return world._replace(leader=leader._replace(lease=0))
        elif leader.ending and leader.phase == GATHER and not rules.ending_pods_start:
            world = gather(world, rules)
        elif leader.phase == GATHER and may_start(world, rules):
            world = each(world, lambda one: one._replace(member=one.view.uid, was_alive=False))
            world = world._replace(
                leader=leader._replace(phase=START, engine=LOADING, launched=leader.gen, age=0, lease=0)
            )
        else:
            engine = STOPPING if leader.engine in ALIVE else leader.engine
            return world._replace(leader=leader._replace(engine=engine))


def leader_hears(world, i, rules):
    world = settle_leader(world, rules)
    one = world.workers[i]
    view, leader = one.said, world.leader
    runs = leader.phase in STARTED and view.launched == leader.gen and view.alive
    one = one._replace(view=view, said=None, heard=True, was_alive=one.was_alive or runs)
    return settle_leader(put(world, i, one), rules)


def leader_boots(world, rules):
    leader = world.leader._replace(up=True)
    forget = {"view": None, "said": None, "heard": False, "was_alive": False}
    world = each(world, lambda one: one._replace(**forget))._replace(leader=leader)
    adopts = leader.phase in STARTED and leader.engine in ALIVE and leader.launched == leader.gen
    if adopts and not rules.no_adoption:
        return settle_leader(world._replace(leader=leader._replace(phase=START, age=0)), rules)
    if leader.phase in STARTED:
        world = each(world, lambda one: one._replace(previous=one.member))
    world = world._replace(leader=leader._replace(fence=rules.fence))
    return settle_leader(gather(world, rules), rules)


def is_ready(world, rules=SOUND):
    leader = world.leader
    return (
        leader.up and leader.phase == RUN and leader.engine == PAIRED and not leader.ending
        and all(one.was_alive and one.view for one in world.workers)
        and all(one.view.age < LEASE or rules.ignore_silence for one in world.workers)
    )  # fmt: skip


# A worker


def settle_worker(one):
    return one._replace(joined=0) if one.ending or one.engine != NONE else one


def worker_hears(one, rules):
    told, one = one.told, settle_worker(one)._replace(told=None)
    if one.engine in ALIVE:
        if told.phase in STARTED and told.gen == one.launched:
            return one._replace(lease=min(one.lease, told.age))
        return one._replace(engine=STOPPING, joined=0)
    is_fit = told.template == one.template or rules.ignore_template
    if one.engine != NONE or (one.ending and not rules.ending_pods_start) or not is_fit:
        return one._replace(joined=0)
    if told.phase == GATHER:
        return one._replace(joined=told.gen)
    called = told.phase == START and told.member == one.uid and told.gen != one.launched
    if called and told.age < LEASE:
        return one._replace(engine=LOADING, launched=told.gen, lease=told.age, joined=0)
    return one._replace(joined=0)


def is_worker_ready(world, one):
    leader = world.leader
    failed = one.launched == leader.gen and leader.phase in STARTED and one.engine == NONE
    return one.up and one.engine in (NONE, PAIRED) and not failed
