"""Random clients before a random engine: whatever arrives belongs to who asked for it.

What arrives at the engine, too: h11 and httptools read the clients' requests in it, and no others.

WINGS_TEST_BEHAVIOURS sets how many behaviours are tried (default 600).
"""

import pytest
from support.players import let_play, play
from support.waiting import wait_for


@pytest.mark.parametrize("seed", [1])
def test_nobody_gets_what_is_anothers(start_agent, engine, seed):
    agent = start_agent(WINGS_ACCESS_LOG="off")
    engine.script("/v1/play", play)
    let_play(agent.port, seed, engine)
    wait_for(lambda: agent.metric("wings_requests_in_flight") == 0)
    assert agent.metric("wings_requests_waiting") == 0
    assert agent.post("/v1/fine").status == 200
