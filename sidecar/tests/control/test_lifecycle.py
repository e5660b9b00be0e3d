"""What one health request to the engine may decide."""

import asyncio
import threading
import time

from support.waiting import LIMIT_SECONDS

from wings_infer.control.lifecycle import Lifecycle
from wings_infer.settings import Settings


async def when(fact):
    async with asyncio.timeout(LIMIT_SECONDS):
        while not fact():
            await asyncio.sleep(0.01)


def report_running(shared_dir, launch):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    (shared_dir / "engine_status.txt").write_text(f"state: running\nlaunch: {launch}\ntime: {now}\n")


def test_who_asks_for_a_check_is_not_answered_by_an_older_one(shared_dir, engine):
    """The engine may have come back since the older one began."""
    began, answer = threading.Event(), threading.Event()

    def sick(side):
        del engine.scripts["/health"]  # the next answer is a good one
        began.set()
        answer.wait(LIMIT_SECONDS)
        side.reply(b"", b"503 Busy")

    async def scenario():
        settings = Settings(
            ("engine",), engine_port=engine.port, shared_dir=shared_dir, health_interval=600,
            health_failures=1, health_timeout=LIMIT_SECONDS,
        )  # fmt: skip
        lifecycle = Lifecycle(settings, lambda message: None)
        running = asyncio.create_task(lifecycle.run())
        await when(lambda: lifecycle.control.launch)
        report_running(shared_dir, lifecycle.control.launch)
        await when(lambda: lifecycle.control.is_serving)
        engine.script("/health", sick)
        first = asyncio.create_task(lifecycle.check_now(LIMIT_SECONDS))
        await when(began.is_set)
        second = asyncio.create_task(lifecycle.check_now(LIMIT_SECONDS))
        await asyncio.sleep(0)
        answer.set()
        assert (await first, await second) == (False, True)
        running.cancel()

    asyncio.run(scenario())
