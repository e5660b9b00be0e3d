"""What happens to a group from outside: engines, links, kubelet, the controller, time, faults."""

from group.model import (
    ALIVE,
    ANSWERS_LOST,
    ASKS_LOST,
    DRAIN,
    ENDED,
    FORM,
    HUNG,
    LEASE,
    LOADING,
    NONE,
    PAIRED,
    RUN,
    START,
    STARTED,
    STOP,
    STOPPING,
    Leader,
    Said,
    Told,
    Worker,
    each,
    end,
    is_ready,
    is_worker_ready,
    leader_boots,
    leader_hears,
    put,
    settle_leader,
    settle_worker,
    worker_hears,
)  # fmt: skip

FOREVER = 99


def steps(world, rules, faults=frozenset()):
    """(label, is a fault, next world) of everything that may happen next."""
    yield from ((label, False, after) for label, after in leader_steps(world, rules))
    for i in range(len(world.workers)):
        yield from ((label, False, after) for label, after in worker_steps(world, i, rules))
    yield from ((label, False, after) for label, after in outer_steps(world, rules))
    if world.faults:
        spent = world._replace(faults=world.faults - 1) if world.faults > 0 else world
        for label, after in fault_steps(spent, rules, faults):
            yield label, True, after


def leader_steps(world, rules):
    leader = world.leader
    if not leader.up:
        if not leader.ending:
            yield ("leader boots",), leader_boots(world, rules)
        elif leader.engine == NONE:
            yield ("leader replaced",), replace_leader(world)
        elif leader.engine in ALIVE:
            yield ("leader engine stopped",), world._replace(leader=leader._replace(engine=STOPPING))
    else:
        after = settle_leader(world, rules)
        if after != world:
            yield ("leader looks",), after
        if leader.phase == DRAIN:
            yield ("drained",), settle_leader(end(world, rules), rules)
        if leader.ending and leader.phase == ENDED and leader.engine == NONE:
            yield ("leader replaced",), replace_leader(world)
    if leader.engine == STOPPING:
        yield ("leader engine gone",), world._replace(leader=leader._replace(engine=NONE))


def worker_steps(world, i, rules):
    one, leader = world.workers[i], world.leader
    if not one.up and not one.ending:
        yield ("worker boots", i), put(world, i, settle_worker(one._replace(up=True, joined=0)))
    if one.up and leader.up:
        if not one.told and not one.cut & ASKS_LOST:
            told = Told(leader.gen, leader.phase, leader.template, one.member)
            yield ("worker asks", i), put(world, i, one._replace(told=told))
        if not one.said and not one.cut & ANSWERS_LOST:
            said = Said(one.uid, one.template, one.ending, one.joined, one.launched, one.engine in ALIVE)
            yield ("leader asks", i), put(world, i, one._replace(said=said))
    if one.up and one.told:
        yield ("worker hears", i), put(world, i, worker_hears(one, rules))
    if leader.up and one.said:
        yield ("leader hears", i), leader_hears(world, i, rules)
    if one.engine == STOPPING:
        yield ("worker engine gone", i), put(world, i, one._replace(engine=NONE))
    if one.ending:
        if one.engine == NONE:
            yield ("worker replaced", i), replace_worker(world, i)
        elif not one.up and one.engine in ALIVE:
            yield ("worker engine stopped", i), put(world, i, one._replace(engine=STOPPING))
    if one.cut:
        yield ("link heals", i), put(world, i, one._replace(cut=0))


def outer_steps(world, rules):
    leader = world.leader
    if leader.engine == LOADING and all(
        one.engine == LOADING and one.launched == leader.launched and not one.cut
        for one in world.workers
    ):
        after = each(world, lambda one: one._replace(engine=PAIRED))
        yield ("engines pair",), after._replace(leader=leader._replace(engine=PAIRED))
    if world.ghosts:
        yield ("ghost ends",), world._replace(ghosts=world.ghosts[1:])
    yield from controller_steps(world)
    if is_timely(world):
        yield ("tick",), tick(world, rules)


def controller_steps(world):
    """Highest index first; the next only when those above are new and ready."""
    for i in reversed(range(len(world.workers))):
        one = world.workers[i]
        if one.ending:
            return
        if one.template != world.wanted:
            yield ("worker ends", i), put(world, i, settle_worker(one._replace(ending=True)))
            return
        if not is_worker_ready(world, one):
            return
    leader = world.leader
    if leader.template != world.wanted and not leader.ending:
        yield ("leader ends",), world._replace(leader=leader._replace(ending=True))


def is_timely(world):
    """Without a fault every reachable peer was read in this tick where somebody counts on it."""
    leader = world.leader
    for one in world.workers:
        both = leader.up and one.up
        is_read = one.heard and one.view.age == 0
        if both and leader.phase in STARTED and not is_read and not one.cut & ANSWERS_LOST:
            return False
        if both and one.engine in ALIVE and one.lease and not one.cut & ASKS_LOST:
            return False
    return True


def tick(world, rules):
    leader = world.leader
    ghosts = tuple((g, t, left - 1) for g, t, left in world.ghosts if left > 1)
    world = each(world, lambda one: tick_worker(world, one, rules))
    lease = leader.lease
    engine = NONE if leader.engine == STOPPING else leader.engine
    if engine in ALIVE and not leader.up:
        lease += 1
        if lease >= LEASE and not rules.no_lease:
            engine, lease = STOPPING, 0
        lease = min(lease, LEASE)
    leader = leader._replace(
        engine=engine, lease=lease, fence=max(0, leader.fence - 1),
        age=min(FORM, leader.age + 1) if leader.phase in STARTED else 0,
    )  # fmt: skip
    return world._replace(leader=leader, ghosts=ghosts)


def tick_worker(world, one, rules):
    leader = world.leader
    runs = one.member == one.uid and one.engine in ALIVE and one.launched == leader.gen
    one = one._replace(
        heard=False, view=older(one.view, LEASE), said=drop_old(older(one.said, LEASE)),
        told=drop_old(older(one.told, LEASE)),
        missing=0 if runs or leader.phase != RUN else min(LEASE, one.missing + 1),
    )  # fmt: skip
    if one.engine == STOPPING:
        return one._replace(engine=NONE)
    if one.engine not in ALIVE:
        return one
    lease = min(one.lease + 1, LEASE)
    if lease >= LEASE and not rules.no_lease:
        return one._replace(engine=STOPPING, joined=0, lease=0)
    return one._replace(lease=lease)


def older(answer, limit):
    return answer and answer._replace(age=min(limit, answer.age + 1))


def drop_old(answer):
    """A request that takes longer is closed; its answer is never handled."""
    return answer if answer and answer.age <= 1 else None


def replace_worker(world, i, ghosts=()):
    one = world.workers[i]
    known = {one.uid, one.member, one.previous} | {s.uid for s in (one.view, one.said) if s}
    uid = next(number for number in range(1, 100) if number not in known)
    new = Worker(
        uid, False, world.wanted, cut=one.cut, member=one.member, previous=one.previous,
        view=one.view, heard=one.heard, was_alive=one.was_alive, said=one.said,
        missing=one.missing,
    )  # fmt: skip
    return put(world, i, new)._replace(ghosts=tuple(sorted((*world.ghosts, *ghosts))))


def replace_leader(world, ghosts=()):
    forget = {"member": 0, "previous": 0, "view": None, "heard": False, "was_alive": False, "said": None,
              "missing": 0}  # fmt: skip
    world = each(world, lambda one: one._replace(**forget))
    return world._replace(
        leader=Leader(template=world.wanted), ghosts=tuple(sorted((*world.ghosts, *ghosts)))
    )


def ghost(engine, gen, template, lease, rules):
    if engine == NONE:
        return ()
    left = STOP if engine == STOPPING else FOREVER if rules.no_lease else LEASE - lease + STOP
    return ((gen, template, left),)


def fault_steps(world, rules, faults):
    leader = world.leader
    if "slow" in faults and not is_timely(world):
        yield ("late tick",), tick(world, rules)
    if "rollout" in faults:
        yield ("new template",), world._replace(wanted=1 - world.wanted)
    if "exit" in faults and leader.engine in ALIVE:
        yield ("leader engine exits",), world._replace(leader=leader._replace(engine=NONE))
    if "hang" in faults and leader.engine == LOADING:
        yield ("leader engine hangs",), world._replace(leader=leader._replace(engine=HUNG))
    if "agent" in faults and leader.up:
        after = each(world, lambda one: one._replace(said=None, view=None, heard=False, was_alive=False))
        yield ("leader agent dies",), after._replace(leader=leader._replace(up=False))
    if "delete" in faults and len(world.ghosts) < 2:
        ghosts = ghost(leader.engine, leader.launched, leader.template, 0, rules)
        yield ("leader deleted",), replace_leader(world, ghosts)
    if "term" in faults and not leader.ending:
        yield ("leader ends",), world._replace(leader=leader._replace(ending=True))
    for i in range(len(world.workers)):
        yield from worker_faults(world, i, rules, faults)


def worker_faults(world, i, rules, faults):
    one = world.workers[i]
    if "exit" in faults and one.engine in ALIVE:
        yield ("worker engine exits", i), put(world, i, settle_worker(one._replace(engine=NONE)))
    if "hang" in faults and one.engine == LOADING:
        yield ("worker engine hangs", i), put(world, i, one._replace(engine=HUNG))
    if "agent" in faults and one.up:
        down = one._replace(up=False, joined=0, told=None)
        if rules.forget_launch and one.engine == NONE:
            down = down._replace(launched=0)
        yield ("worker agent dies", i), put(world, i, down)
    if "delete" in faults and len(world.ghosts) < 2:
        ghosts = ghost(one.engine, one.launched, one.template, one.lease, rules)
        yield ("worker deleted", i), replace_worker(world, i, ghosts)
    if "term" in faults and not one.ending:
        yield ("worker ends", i), put(world, i, settle_worker(one._replace(ending=True)))
    if "cut" in faults:
        for bits in (ANSWERS_LOST, ASKS_LOST, ANSWERS_LOST | ASKS_LOST):
            if one.cut | bits != one.cut:
                yield ("link cut", i, bits), put(world, i, one._replace(cut=one.cut | bits))


def engines(world):
    leader = world.leader
    found = [(leader.launched, leader.template)] if leader.engine != NONE else []
    found += [(one.launched, one.template) for one in world.workers if one.engine != NONE]
    return found + [(gen, template) for gen, template, _ in world.ghosts]


def find_breach(world, rules):
    """Which promise is broken in this world; empty when none is."""
    running = engines(world)
    if len({gen for gen, _ in running}) > 1:
        return "P1 engines of two generations exist at once"
    if len({template for _, template in running}) > 1:
        return "P1 engines of two templates exist at once"
    if is_ready(world, rules):
        if any(one.view.uid != one.member for one in world.workers):
            return "P2 ready with a stranger"
        if any(one.missing >= LEASE for one in world.workers):
            return "P2 ready although a member has not run this generation for a lease"
    return ""


def is_settled(world):
    leader = world.leader
    return is_ready(world) and all(
        one.engine == PAIRED and one.launched == leader.gen and one.template == leader.template
        for one in world.workers
    )


def is_fresh(world):
    """Everybody has just heard from everybody."""
    return world.leader.up and all(
        one.up and one.lease == 0 and (one.view is None or one.view.age == 0) for one in world.workers
    )


def is_at_risk(world):
    """With the next tick a lease or the time to start may be over."""
    leader = world.leader
    if leader.phase == START and leader.age + 1 >= LEASE:
        return True
    if leader.engine in ALIVE and not leader.up and leader.lease + 1 >= LEASE:
        return True
    return any(
        (one.engine in ALIVE and one.lease + 1 >= LEASE)
        or (leader.phase in STARTED and (one.view.age if one.view else leader.age) + 1 >= LEASE)
        for one in world.workers
    )
