"""Faults at random, also two at once: the group serves again each time. WINGS_TEST_EVENTS says how many."""

import os
import random
import signal
import threading
import time

import pytest
from support.group import Group
from support.prober import Prober
from support.raw_client import Cut
from support.waiting import wait_for

EVENTS = int(os.environ.get("WINGS_TEST_EVENTS", "3"))
DETECTION_SECONDS = 4.5
STALL_SECONDS = 4


@pytest.fixture
def group(tmp_path):
    running = Group(tmp_path / "group", size=3, is_cuttable=True, WINGS_STALL_SECONDS=str(STALL_SECONDS))
    yield running
    running.stop()


def kill_engine(group, pod, dice):
    try:
        pod.kill_engine()
    except (ProcessLookupError, TypeError):
        return  # none runs


def hang_engine(group, pod, dice):
    """It is noticed because somebody asks."""
    try:
        pod.kill_engine(signal.SIGSTOP)
    except (ProcessLookupError, TypeError):
        return
    threading.Thread(target=lambda: asks(group), daemon=True).start()


def kill_container(group, pod, dice):
    pod.script.kill_container()
    pod.script.start()


def kill_agent(group, pod, dice):
    pod.agent.stop()
    pod.agent.start()


def replace_pod(group, pod, dice):
    pod.replace()


def cut(group, pod, dice):
    group.cut()
    time.sleep(dice.uniform(0.5, 5))
    group.heal()


FAULTS = (kill_engine, hang_engine, kill_container, kill_agent, replace_pod, cut)


def asks(group):
    try:
        return group.leader.agent.post("/v1/x").status == 200
    except (OSError, Cut):
        return False


def serves(group):
    """Several times, one after the other."""
    return all(group.leader.health().status == 200 and asks(group) for _ in range(5))


@pytest.mark.parametrize("seed", [os.environ.get("WINGS_TEST_SEED", "1")])
def test_the_group_heals_from_whatever_happens(group, seed):
    dice = random.Random(seed)
    group.start().wait_ready()
    for number in range(EVENTS):
        faults = dice.choices(FAULTS, k=dice.choice((1, 2)))
        with Prober(group.leader.agent) as prober:
            for fault in faults:
                fault(group, dice.choice(group.pods), dice)
                acted = time.monotonic()
                time.sleep(dice.uniform(0, 1))
            names = [fault.__name__ for fault in faults]
            wait_for(lambda: serves(group), f"the end of event {number}, {names}")
        allowed = DETECTION_SECONDS + (STALL_SECONDS if hang_engine in faults else 0)
        assert [at - acted for at in prober.lies if at > acted + allowed] == []
        assert not (group.notes / "mixed").exists(), (group.notes / "mixed").read_text()
