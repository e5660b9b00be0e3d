"""The real decision functions under a fake clock, walked through the model's steps."""

from itertools import count

from group.model import ALIVE, HUNG, LEASE, LOADING, NONE, PAIRED, STOPPING
from wings_infer.control.engine_life import Launch, Stop
from wings_infer.group import leader, worker
from wings_infer.group.answers import EngineState, Member
from wings_infer.group.rules import Ending, Heard, Keep, Lease, Own, OwnEngine, Publish, Rules

SHOWN = {
    NONE: EngineState.EXITED, LOADING: EngineState.STARTING, PAIRED: EngineState.RUNNING,
    HUNG: EngineState.RUNNING, STOPPING: EngineState.STOPPING,
}  # fmt: skip
_ids = count(1)
AHEAD = 86_400.0
"""Seconds by which the clock of each pod is ahead of that of the pod made before it."""


class Pod:
    """One pod: its files, its engine, its program or none."""

    def __init__(self, group, index, template):
        self.group, self.index, self.template = group, index, template
        number = next(_ids)
        self.uid, self.ahead = f"pod-{number}", number % 1000 * AHEAD
        self.is_ending = False
        self.engine, self.launch, self.lease_until = NONE, "", 0.0
        self.record = self.state = self.published = None
        self.slot = None
        """An answer on its way to this pod's reader of the other side, and when it was asked for."""

    @property
    def now(self):
        """By the clock of this pod."""
        return self.group.now + self.ahead

    def rules(self):
        return Rules(
            pod=self.uid, size=self.group.size, template=str(self.template), lease=LEASE, patience=1,
            fence=self.group.fence, form=3, unhealthy=0, backoff=(0.0,), proven=1e9, delay=0, drain=1e9,
            new_generation=lambda counter: f"{counter}-{next(_ids):016x}",
        )  # fmt: skip

    def own_engine(self):
        return OwnEngine(
            self.launch,
            SHOWN[self.engine],
            is_gone=self.engine == NONE,
            is_healthy=self.engine == PAIRED,
        )

    def look(self, *, is_idle=False):
        ending = Ending(self.is_ending, self.is_ending)
        self.take(Own(self.own_engine(), ending, is_idle))

    def hear(self, answer, asked):
        self.take(Heard(answer, asked + self.ahead))

    def take(self, event):
        decide = worker.decide if self.index else leader.decide
        self.state, actions = decide(self.state, event, self.now)
        self.carry_out(actions)

    def carry_out(self, actions):
        for action in actions:
            if isinstance(action, Keep):
                self.record = action.record
            elif isinstance(action, Lease):
                assert action.until <= self.now + LEASE
                self.lease_until = action.until
            elif isinstance(action, Launch):
                assert self.engine == NONE, "an engine is started beside another"
                assert not self.is_ending, "an engine is started in a pod that ends"
                assert action.launch != self.launch, "a launch is taken twice"
                assert self.lease_until > self.now, "an engine is started without a lease"
                self.engine, self.launch = LOADING, action.launch
            elif isinstance(action, Stop):
                self.engine = STOPPING if self.engine in ALIVE else self.engine
            elif isinstance(action, Publish):
                self.published = self.answer()

    def answer(self):
        group = self.group
        who = Member("ns/g", self.index, group.size, self.uid, "", "", "ab", str(self.template))
        publish = worker.publish if self.index else lambda state, w: leader.publish(state, w, self.now)
        return publish(self.state, who)

    def boot(self):
        if self.index:
            self.state = worker.WorkerState(self.rules(), engine=self.own_engine())
            self.published = self.answer()
        else:
            self.state, actions = leader.boot(self.rules(), self.record, self.own_engine(), self.now)
            self.carry_out(actions)
        self.look()

    def die(self):
        self.state = None

    def tick(self):
        if self.state is not None and not self.index:
            self.lease_until = self.now + LEASE  # its agent lives and renews
        if self.engine == STOPPING:
            self.engine = NONE
        elif self.engine in ALIVE and self.now >= self.lease_until:
            self.engine = STOPPING


class Group:
    """All pods, and the answers between them, each with the second in which it was asked for."""

    def __init__(self, workers, fence):
        self.size, self.fence, self.now = workers + 1, fence, 0.0
        self.pods = [Pod(self, index, 0) for index in range(self.size)]
        self.wanted = 0
        self.said, self.told = {}, {}

    def follow(self, label, after):
        """Does what the step of the model does."""
        self.wanted = after.wanted
        name, *rest = label
        index = rest[0] + 1 if rest else 0
        method = _METHODS.get(name.removeprefix("leader ").removeprefix("worker "))
        if name in _OWN:
            _OWN[name](self, index)
        elif method:
            method(self, index)
        else:
            assert name in _NOTHING, name

    def asks(self, index):
        """A worker asks the leader."""
        self.told[index] = (self.pods[0].published, self.now)

    def is_asked(self, index):
        self.said[index] = (self.pods[index].published, self.now)

    def worker_hears(self, index):
        self.pods[index].look()
        self.pods[index].hear(*self.told.pop(index))

    def leader_hears(self, index):
        self.pods[0].look()
        self.pods[0].hear(*self.said.pop(index))

    def engines_pair(self, _index):
        for pod in self.pods:
            pod.engine = PAIRED

    def set_engine(self, index, state):
        self.pods[index].engine = state
        if index and self.pods[index].state:
            self.pods[index].look()  # a worker's part is looked at several times a second

    def end(self, index):
        self.pods[index].is_ending = True
        if index and self.pods[index].state:
            self.pods[index].look()

    def die(self, index):
        self.pods[index].die()
        if index:
            self.told.pop(index, None)
        else:
            self.said.clear()

    def replace(self, index):
        self.pods[index] = Pod(self, index, self.wanted)
        if index:
            self.told.pop(index, None)
        else:
            self.said.clear()

    def tick(self, _index):
        self.now += 1
        for pod in self.pods:
            pod.tick()
        for answers in (self.said, self.told):
            for index in [i for i, (_, asked) in answers.items() if self.now - asked > 1]:
                del answers[index]
        for pod in self.pods[1:]:
            if pod.state:
                pod.look()


_OWN = {
    "worker asks": Group.asks,
    "leader asks": Group.is_asked,
    "worker hears": Group.worker_hears,
    "leader hears": Group.leader_hears,
    "leader looks": lambda group, _: group.pods[0].look(),
    "drained": lambda group, _: group.pods[0].look(is_idle=True),
    "engines pair": Group.engines_pair,
    "tick": Group.tick,
    "late tick": Group.tick,
}
_METHODS = {
    "boots": lambda group, index: group.pods[index].boot(),
    "replaced": Group.replace,
    "deleted": Group.replace,
    "agent dies": Group.die,
    "ends": Group.end,
    "engine gone": lambda group, index: group.set_engine(index, NONE),
    "engine exits": lambda group, index: group.set_engine(index, NONE),
    "engine hangs": lambda group, index: group.set_engine(index, HUNG),
    "engine stopped": lambda group, index: group.set_engine(index, STOPPING),
}
_NOTHING = {"ghost ends", "link heals", "link cut", "new template"}


def difference(world, group):
    """Where the model and the real functions disagree; empty when nowhere."""
    mine, real = world.leader, group.pods[0]
    pairs = [
        ("leader's engine", mine.engine, real.engine),
        ("now runs", mine.engine != NONE and mine.launched == mine.gen,
         bool(real.state) and real.engine != NONE and real.launch == real.state.generation)
        if mine.up else ("", 0, 0),
        ("leader up", mine.up, real.state is not None),
    ]  # fmt: skip
    if mine.up:
        pairs.append(("phase", mine.phase, str(real.state.phase)))
        pairs.append(
            ("fence", mine.fence > 0, real.state.fence_until > real.now)
            if mine.phase == "gather"
            else ("", 0, 0)
        )
    for i, one in enumerate(world.workers, 1):
        pairs += worker_pairs(world, group, one, i)
    return [f"{what}: model {left}, real {right}" for what, left, right in pairs if left != right]


def worker_pairs(world, group, one, i):
    lead, real = group.pods[0], group.pods[i]
    pairs = [
        (f"engine {i}", one.engine, real.engine),
        (f"up {i}", one.up, real.state is not None),
        (f"told {i}", one.told is not None, i in group.told),
        (f"said {i}", one.said is not None, i in group.said),
    ]
    if one.up and world.leader.up:
        generation = lead.state.generation
        pairs += [
            (f"joined {i}", one.joined == world.leader.gen, real.state.joined == generation),
            (f"launched {i}", one.launched == world.leader.gen, real.launch == generation),
        ]
    if world.leader.up:
        member = lead.state.members[i] if lead.state.members else ""
        pairs.append((f"member {i}", one.member == one.uid, member == real.uid))
    return pairs
