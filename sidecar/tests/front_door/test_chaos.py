"""Pods that refuse, die, cut, vanish and come back: no request is lost in silence, or done twice."""

import random
import threading
import time
from collections import Counter

import pytest
from support.players import let_play, play
from support.raw_client import Cut
from support.waiting import wait_for

WORKERS, REQUESTS = 8, 60
LISTENED, NAMED, PAUSE_SECONDS = 0.8, 0.7, 0.1
WAYS = ["answer"] * 6 + ["stream"] * 3 + ["refuse"] * 4 + ["die", "cut"]


class Trouble:
    """Pods of which each does, to each request, one of WAYS."""

    def __init__(self, seed, pods):
        self.random = random.Random(seed)
        self.pods = pods
        self.done = Counter()
        self.lock = threading.Lock()
        for pod in pods:
            pod.script("/v1/do", self.do)

    def do(self, side):
        body = side.read_body()
        with self.lock:
            way = self.random.choice(WAYS)
            self.done[body] += way != "refuse"
        if way == "refuse":
            side.reply(b"no", b"503 X", b"X-Wings-Not-Taken: yes")
        elif way == "answer":
            side.reply(body)
        elif way == "die":
            side.reset()
        else:
            side.begin_chunks()
            side.chunk(body)
            side.send(b"0\r\n\r\n") if way == "stream" else side.reset()

    def run(self, door, is_over):
        """Names and listeners change until everybody is answered; then all is well."""
        while not is_over():
            for pod in self.pods:
                pod.stop_listening()
                if self.random.random() < LISTENED:
                    pod.listen()
            door.lead_to(*[pod for pod in self.pods if self.random.random() < NAMED])
            time.sleep(PAUSE_SECONDS)


def ask(door, number, outcomes):
    client = door.client()
    for count in range(REQUESTS):
        body = b"%d/%d %b" % (number, count, b"." * (count * 199))
        try:
            reply = client.post("/v1/do", body)
            outcomes.append((body, reply.status, reply.body))
        except (Cut, ConnectionResetError):
            outcomes.append((body, "cut", b""))
            client.close()
            client = door.client()
    client.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_each_request_has_one_outcome_and_is_done_at_most_once(start_door, start_pod, seed):
    trouble = Trouble(seed, [start_pod() for _ in range(3)])
    door = start_door(*trouble.pods, WINGS_MAX_IN_FLIGHT="3")
    outcomes = []
    workers = [threading.Thread(target=ask, args=(door, one, outcomes)) for one in range(WORKERS)]
    for worker in workers:
        worker.start()
    trouble.run(door, lambda: not any(worker.is_alive() for worker in workers))
    assert len(outcomes) == len({body for body, *_ in outcomes}) == WORKERS * REQUESTS
    statuses = Counter(status for _, status, _ in outcomes)
    assert statuses.keys() <= {200, 502, "cut"}
    for body, status, answer in outcomes:
        assert trouble.done[body] == 1 or (status == 502 and trouble.done[body] == 0), (body, status)
        assert answer == body or status != 200
    assert statuses[200] > WORKERS * REQUESTS / 4
    assert door.metric('wings_resent_total{reason="not-taken"}') > 0
    door.wait_demand(0, 0)
    wait_for(lambda: door.metric("wings_held_bytes") == 0)


def test_nobody_gets_what_is_anothers(start_door, start_pod):
    pods, dice, lock = [start_pod() for _ in range(3)], random.Random(1), threading.Lock()

    def play_or_refuse(side):
        with lock:
            is_taken = dice.random() < 0.7
        if is_taken:
            play(side)
        else:
            side.reply(b"no", b"503 X", b"X-Wings-Not-Taken: yes", b"Connection: close")
            raise ConnectionError("the body was not read")

    for pod in pods:
        pod.script("/v1/play", play_or_refuse)
    door = start_door(
        *pods, WINGS_MAX_IN_FLIGHT="2", WINGS_BACKENDS_ASIDE_SECONDS="0.05", WINGS_ACCESS_LOG="off"
    )
    let_play(door.port, 1, *pods)
    door.wait_demand(0, 0)
    assert door.metric('wings_resent_total{reason="not-taken"}') > 0
    wait_for(lambda: door.metric("wings_held_bytes") == 0)
