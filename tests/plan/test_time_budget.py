"""No waiting time ends before what it waits for, whatever is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.support.plans import empty_draft, messages, plan_of, shipped_engine
from wingsctl.catalog.operations import Shutdown, Startup
from wingsctl.catalog.profile import Profile
from wingsctl.plan.deployment import TimeBudget
from wingsctl.plan.draft import Draft
from wingsctl.plan.rates import rate_of
from wingsctl.plan.start import Start
from wingsctl.plan.time_budget import ToLoad, solve_time

SECONDS = st.integers(1, 604_800)
STARTUPS = st.builds(
    Startup,
    pull_seconds=st.none() | SECONDS,
    load_deadline_seconds=st.none() | SECONDS,
)
SHUTDOWNS = st.builds(
    Shutdown,
    delay_seconds=st.integers(0, 3600),
    drain_seconds=SECONDS,
    stop_seconds=SECONDS,
)
SITUATIONS = st.tuples(
    STARTUPS,
    SHUTDOWNS,
    st.sampled_from(["vllm", "sglang"]),
    st.floats(0.1, 200),
    st.floats(0.1, 2000),
    st.booleans(),
    st.integers(0, 100),
)


def solve(situation: tuple, nodes: int = 1) -> tuple[TimeBudget, Draft]:
    startup, shutdown, engine, pull, weights, from_hub, replicas = situation
    draft = empty_draft()
    profile = Profile.model_construct(startup=startup, shutdown=shutdown, nodes=nodes)
    rate = rate_of("hub", {"hub": "huggingface"}) if from_hub else rate_of("pvc", {})
    to_load = ToLoad(pull, weights, rate, Start(240, 850, "some kind"))
    budget = solve_time(draft, profile, shipped_engine(engine), to_load, replicas=replicas)
    return budget, draft


@given(SITUATIONS, st.integers(2, 64))
def test_helm_gives_up_before_a_group_takes_its_turn_anyway(situation, nodes):
    budget, draft = solve(situation, nodes)
    shutdown, replicas = situation[1], situation[6]
    steps = shutdown.delay_seconds + shutdown.drain_seconds + shutdown.stop_seconds
    assert steps + 15 <= budget.grace
    assert budget.grace + nodes * budget.pull + budget.load_deadline < budget.transition
    assert max(1, replicas) * budget.transition < budget.helm_timeout
    is_late = budget.turn <= budget.helm_timeout
    assert ("shutdown.turnSeconds" in str(draft.problems)) == (is_late and replicas > 1)


def test_a_turn_does_not_follow_from_later_numbers_of_groups():
    """One group more must not change the pods of those there are."""
    turns = [plan_of(f"nodes: 2\nreplicas: {count}").time.turn for count in (0, 1, 2)]
    assert len(set(turns)) == 1
    assert plan_of("nodes: 2\nreplicas: 5").time.turn > turns[0]


def test_a_written_turn_that_is_too_short_is_refused():
    found = messages("nodes: 2\nreplicas: 2\nshutdown: {turnSeconds: 100}")
    assert len(found) == 1
    assert found[0].startswith("shutdown.turnSeconds: 100 s is not longer than helm's time-out")
    assert not messages("nodes: 2\nshutdown: {turnSeconds: 100}")


@given(SITUATIONS)
def test_each_wait_is_longer_than_what_it_waits_for(situation):
    budget, draft = solve(situation)
    shutdown = situation[1]
    assert budget.pull + budget.load_deadline < budget.progress_deadline < budget.helm_timeout
    assert shutdown.delay_seconds + shutdown.drain_seconds + shutdown.stop_seconds < budget.grace
    assert budget.cold_start >= budget.pull + budget.load
    is_refused = bool(draft.problems)
    assert is_refused == (budget.load_deadline <= budget.download + budget.load)


@given(SITUATIONS.filter(lambda each: each[0].load_deadline_seconds is None))
def test_a_computed_deadline_is_never_refused_and_generous(situation):
    budget, draft = solve(situation)
    assert draft.problems == []
    assert budget.load_deadline >= 3 * (budget.download + budget.load + 120)
    assert budget.load_deadline >= budget.download + budget.load + 850
    assert budget.load_deadline >= 600


@given(SITUATIONS, st.integers(1, 50))
def test_helm_waits_longer_for_more_replicas(situation, more):
    budget, _ = solve(situation)
    longer, _ = solve((*situation[:-1], max(1, situation[-1]) + more))
    assert longer.helm_timeout > budget.helm_timeout


@given(st.integers(1, 20), st.sampled_from(["qwen2.5-7b-instruct", "deepseek-r1", "opt-6.7b"]))
def test_the_cooldown_is_at_least_a_cold_start(most, model):
    plan = plan_of(f"""\
model: {model}
accelerator: {{name: nvidia-h200, count: 8}}
parallelism: {{tensor: 1, data: 8}}
autoscaling: {{min: 0, max: {most}}}
""")
    assert plan.autoscaling is not None
    assert plan.autoscaling.values["cooldownSeconds"] >= plan.time.cold_start


def test_a_written_cooldown_stays():
    plan = plan_of("""\
autoscaling:
  {min: 1, max: 2, cooldownSeconds: 7200, triggers: [{type: cpu, metadata: {value: "80"}}]}
""")
    assert plan.autoscaling is not None
    assert plan.autoscaling.values["cooldownSeconds"] == 7200
