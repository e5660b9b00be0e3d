"""What an engine is like to its pod, its clients and its peers: one set of facts for each.

SGLang's were measured with 0.5.23 (docs/reference/tested-engines.md, "Where they differ").
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ways:
    """Facts, and the flags that carry what both engines have."""

    length_flag: str
    places_flag: str
    prefix: str
    waiting: str
    running: str
    checks_model: bool = True
    """The name of another model is answered with 404."""
    has_generate: bool = False
    """POST /generate is the engine's own."""
    listens_while_loading: bool = False
    """/health is 503 until the first token could be made; else connections are refused."""
    finishes_streams: bool = False
    """TERM: /health is 503, and requests are taken and answered until none is left."""
    steps_when_idle: bool = False
    """A lost peer is noticed without a request, and /health takes a step of all members."""
    worker_serves: bool = False
    """/health of a worker is 200 as soon as it is up, whatever the leader does."""
    worker_awaits_leader: bool = False
    """A worker does not end at TERM but when its leader ends."""
    dies_without_worker: float = 0
    """Seconds until a leader that has lost a worker is gone."""
    dies_without_leader: float = 0
    """Seconds until a worker that has lost its leader is gone; it stays for ever at 0."""


VLLM = Ways(
    length_flag="--max-model-len",
    places_flag="--max-num-seqs",
    prefix="vllm:",
    waiting="num_requests_waiting",
    running="num_requests_running",
)
SGLANG = Ways(
    length_flag="--context-length",
    places_flag="--max-running-requests",
    prefix="sglang:",
    waiting="num_queue_reqs",
    running="num_running_reqs",
    checks_model=False,
    has_generate=True,
    listens_while_loading=True,
    finishes_streams=True,
    steps_when_idle=True,
    worker_serves=True,
    worker_awaits_leader=True,
    dies_without_worker=6,
    dies_without_leader=1,
)
