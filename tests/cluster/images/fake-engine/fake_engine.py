#!/usr/bin/env python3
"""An engine without a model: HTTP interface, flags and ways to fail of vLLM, or of SGLang.

`fake-engine serve PATH ...` is like vLLM, `fake-engine launch_server --model-path PATH ...` like
SGLang; what differs is in ways.py. Any flag is accepted; those for the host, the port, the served
name, the length, the requests at a time and the group mean what they mean to that engine. An
absolute path must exist. The rest is said by the environment:

FAKE_LOAD_SECONDS        loads for so long before it listens (0)
FAKE_TOKEN_MS            time between two tokens (10)
FAKE_MEMORY_MIB          memory that loading takes, written to (0)
FAKE_EXIT_CODE_AT_START  ends with this code instead of listening
FAKE_PORT_TAKEN          1: finds its port in use
FAKE_CRASH_AFTER_S       ends with code 1 so long after it began to listen
FAKE_HANG_AFTER_S        answers nothing any more, health neither, from then on
FAKE_TERM_SECONDS        after TERM finishes its streams for at most so long; without it drops them
                         (SGLang finishes all of them)
FAKE_IGNORE_TERM         1: does not end at TERM at all
FAKE_VERSION             answers carry those of all members of the group as their system_fingerprint
FAKE_TELL_LAUNCH         1: the version is RANK:LAUNCH@ADDRESS, who this engine is
FAKE_FAIL_FILE           where this file is, one start removes it and ends with code 1

GET /debug/argv answers what it was given. GET /debug/eat takes memory until the kernel ends it; so
does SIGUSR1, which reaches the engines of workers, too.
"""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from engine import Engine, Group
from exchange import eat, listen
from given import HOST, MODEL_PATH, NODES, PORT, RANK, WAYS, number


async def load() -> bytes:
    """Takes time and memory; the caller keeps what is returned."""
    begin, seconds = time.monotonic(), number("FAKE_LOAD_SECONDS")
    if MODEL_PATH.startswith("/") and not Path(MODEL_PATH).exists():
        sys.exit(f"OSError: no model in {MODEL_PATH}")
    fail_once()
    weights = b"w" * (int(number("FAKE_MEMORY_MIB")) << 20)
    while (passed := time.monotonic() - begin) < seconds:
        print(f"Loading weights: {passed / seconds:.0%}", flush=True)
        await asyncio.sleep(min(1, seconds / 4))
    if code := int(number("FAKE_EXIT_CODE_AT_START")):
        print("RuntimeError: CUDA out of memory", file=sys.stderr, flush=True)
        sys.exit(code)
    return weights


def fail_once() -> None:
    try:
        Path(os.environ["FAKE_FAIL_FILE"]).unlink()
    except (KeyError, FileNotFoundError):
        return
    sys.exit("RuntimeError: CUDA error: device-side assert triggered")


async def serve() -> None:
    signal.signal(signal.SIGUSR1, lambda *_: eat(None))
    engine = Engine()
    await (serve_as_worker if RANK else serve_as_leader)(engine)


async def serve_as_leader(engine: Engine) -> None:
    server = await listen(engine) if WAYS.listens_while_loading else None
    if NODES > 1:
        await engine.group.gather()
    weights = await load()
    server = server or await listen(engine)
    engine.is_loaded = True
    print(f"Fake engine of {len(weights) >> 20} MiB listens on {HOST}:{PORT}", flush=True)
    handle_term(lambda: engine.end(server))
    if seconds := number("FAKE_CRASH_AFTER_S"):
        asyncio.get_running_loop().call_later(seconds, os._exit, 1)
    if WAYS.steps_when_idle:
        await engine.group.step_without_requests()
    await engine.ended.wait()


async def serve_as_worker(engine: Engine) -> None:
    if WAYS.worker_awaits_leader:
        handle_term(wait_for_leader)
    await load()
    if WAYS.worker_serves:
        engine.is_loaded = True
        await listen(engine)
    await Group.work()


async def wait_for_leader() -> None:
    print(f"SIGTERM received on node_rank {RANK}; waiting for the leader to end", flush=True)


def handle_term(act) -> None:
    """Runs this coroutine at TERM, unless TERM is to be ignored."""
    loop = asyncio.get_running_loop()
    if number("FAKE_IGNORE_TERM"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        loop.add_signal_handler(signal.SIGTERM, lambda: loop.create_task(act()))


if __name__ == "__main__":
    asyncio.run(serve())
