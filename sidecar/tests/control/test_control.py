"""Decisions about the engine, with a clock of the test's own."""

from datetime import UTC, datetime

import pytest

from wings_infer.control.control import Control, Limits
from wings_infer.control.engine_life import Launch, Stop
from wings_infer.control.engine_status import EngineStatus
from wings_infer.control.states import State

LIMITS = Limits(
    load_deadline=600, unhealthy_deadline=300, health_failures=3, backoff=(0, 5, 10), proven=600
)


@pytest.fixture
def control():
    return Control(LIMITS, lambda number: f"{number}-x")


def report(control, state, now, launch=None, code=None, age=0.0, terminating=False):
    time = datetime(2026, 1, 1, tzinfo=UTC)
    status = EngineStatus(state, code, launch or control.launch, time, terminating, "")
    control.on_status(status, now, age)


def run_engine(control, now, *, healthy=True):
    actions = control.on_tick(now)
    report(control, "running", now)
    if healthy:
        control.on_healthy(now)
    return actions


def test_first_tick_orders_a_launch(control):
    assert control.on_tick(1) == [Launch("1-x", 0)]
    assert control.on_tick(2) == []


def test_a_healthy_engine_is_ready(control):
    run_engine(control, 1)
    assert (control.state, control.is_serving, control.explain(2)) == (State.READY, True, "")


def test_health_before_the_process_is_known_means_nothing(control):
    control.on_tick(1)
    control.on_healthy(1)
    assert (control.state, control.is_serving) == (State.STARTING, False)


def test_loading_says_how_long(control):
    run_engine(control, 1, healthy=False)
    assert control.explain(41) == "the engine is loading for 40 s"


def test_three_misses_make_it_unhealthy(control):
    run_engine(control, 1)
    control.on_miss("slow", 2)
    control.on_miss("slow", 3)
    assert control.state is State.READY
    control.on_miss("slow", 4)
    assert (control.state, control.is_serving) == (State.UNHEALTHY, False)
    assert control.explain(5) == "the engine does not answer: slow"


def test_a_good_answer_forgets_misses(control):
    run_engine(control, 1)
    for now in range(2, 10):
        control.on_miss("slow", now)
        control.on_miss("slow", now)
        control.on_healthy(now)
    assert control.state is State.READY


def test_one_refused_connection_makes_it_unhealthy(control):
    run_engine(control, 1)
    control.on_miss("connection refused", 2, refused=True)
    assert control.state is State.UNHEALTHY
    control.on_healthy(3)
    assert control.state is State.READY


@pytest.mark.parametrize(("failures", "wait"), [(0, 0), (1, 5), (2, 10), (3, 10)])
def test_backoff_grows_with_failures_in_a_row(control, failures, wait):
    now = 0.0
    for _ in range(failures):
        now += 100
        run_engine(control, now, healthy=False)
        report(control, "failed", now, code=1)
    now += 100
    run_engine(control, now, healthy=False)
    report(control, "failed", now, code=1)
    if wait:
        assert control.on_tick(now + wait - 1) == []
    assert control.on_tick(now + wait) == [Launch(f"{failures + 2}-x", failures + 1)]
    assert control.restarts == failures + 1


def test_the_reason_of_a_failure_is_kept(control):
    run_engine(control, 1, healthy=False)
    report(control, "failed", 2, code=0)
    assert control.explain(3) == "the engine failed with code 0; the next start is after 0 s"


def test_a_report_seen_twice_is_one_failure(control):
    run_engine(control, 1)
    report(control, "failed", 2, code=1)
    report(control, "failed", 3, code=1)
    assert control.failures == 1


def test_an_engine_that_was_ready_long_starts_counting_again(control):
    run_engine(control, 1, healthy=False)
    report(control, "failed", 2, code=1)
    run_engine(control, 10)
    report(control, "failed", 10 + 600, code=1)
    assert control.failures == 1


def test_a_restarted_engine_container_gets_the_command_again(control):
    run_engine(control, 1)
    report(control, "waiting", 2)
    assert control.on_tick(2) == [Launch("2-x", 1)]
    assert "killed together with its container" in control.reason


def test_the_load_deadline_stops_the_engine(control):
    run_engine(control, 1, healthy=False)
    assert control.on_tick(600) == []
    reason = "the engine was not ready within 600 s"
    assert control.on_tick(602) == [Stop("1-x", reason, is_failure=True)]
    assert control.on_tick(603) == []
    report(control, "exited", 604, code=143)
    assert control.on_tick(604) == [Launch("2-x", 1)]
    assert control.explain(604) == f"{reason}; the next start is after 0 s"


def test_an_engine_that_is_being_stopped_never_becomes_ready(control):
    run_engine(control, 1, healthy=False)
    control.on_tick(602)
    control.on_healthy(603)
    assert (control.state, control.is_serving) == (State.LOADING, False)


def test_an_adopted_engine_keeps_its_load_time(control):
    control.adopt("7-y", 2)
    report(control, "running", 10, launch="7-y", age=500)
    assert control.on_tick(10) == []
    assert control.explain(10) == "the engine is loading for 500 s"
    assert isinstance(control.on_tick(111)[0], Stop)


def test_an_adopted_launch_is_not_ordered_again(control):
    control.adopt("7-y", 2)
    assert control.on_tick(10) == []
    report(control, "running", 10, launch="7-y")
    control.on_healthy(11)
    assert (control.state, control.failures, control.restarts) == (State.READY, 2, 0)


def test_an_adopted_launch_that_failed_is_followed_by_the_next(control):
    control.adopt("7-y", 2)
    report(control, "failed", 10, launch="7-y", code=1)
    assert control.on_tick(20) == [Launch("8-x", 3)]


def test_an_engine_unhealthy_for_long_is_restarted(control):
    run_engine(control, 1)
    control.on_miss("hangs", 2, refused=True)
    assert control.on_tick(302) == []
    assert [type(action) for action in control.on_tick(303)] == [Stop]


def test_reports_about_another_launch_change_nothing(control):
    control.on_tick(1)
    report(control, "running", 2, launch="0-old")
    report(control, "failed", 3, launch="0-old", code=1)
    assert (control.state, control.failures) == (State.STARTING, 0)


def test_a_start_that_could_not_be_ordered_is_ordered_again(control):
    control.on_tick(1)
    control.on_order_lost(1)
    assert control.on_tick(1.5) == []
    assert control.on_tick(2) == [Launch("2-x", 0)]


def test_a_stop_that_could_not_be_ordered_is_ordered_again(control):
    run_engine(control, 1, healthy=False)
    control.on_tick(602)
    control.on_order_lost(602)
    assert [type(action) for action in control.on_tick(603)] == [Stop]


def test_a_draining_engine_serves_on(control):
    run_engine(control, 1)
    control.on_terminate(2)
    assert (control.state, control.is_serving) == (State.DRAINING, True)
    control.on_released(3)
    assert (control.state, control.is_serving) == (State.STOPPED, False)


def test_nothing_is_started_while_the_pod_ends(control):
    run_engine(control, 1)
    control.on_terminate(2)
    report(control, "failed", 3, code=1, terminating=True)
    assert control.on_tick(1000) == []
    assert (control.state, control.is_serving) == (State.DRAINING, False)


def test_nothing_is_started_while_the_engines_container_ends(control):
    control.on_tick(1)
    report(control, "failed", 3, code=1, terminating=True)
    assert control.on_tick(1000) == []


@pytest.mark.parametrize(("ready_for", "failures"), [(599, 3), (600, 1)])
@pytest.mark.parametrize("is_noticed_first", [False, True], ids=["by its end", "by a request"])
def test_failures_are_forgotten_after_a_long_time_of_being_ready(
    control, ready_for, failures, is_noticed_first
):
    """Also where a request finds the port closed before the entrypoint reports the end."""
    for now in (1, 10):
        run_engine(control, now, healthy=False)
        report(control, "failed", now + 1, code=1)
    run_engine(control, 100)
    if is_noticed_first:
        control.on_miss("connection refused", 100 + ready_for, refused=True)
    report(control, "failed", 100 + ready_for, code=137)
    assert control.failures == failures
