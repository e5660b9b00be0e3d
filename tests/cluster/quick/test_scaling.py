"""Single pods that KEDA scales: by Redis, RabbitMQ and Prometheus, and through upgrades and pauses.

All releases at once, each with a source's corner of its own.
"""

from __future__ import annotations

from dataclasses import replace

from tests.cluster import sources
from tests.cluster.release import Release
from tests.cluster.source_stories import follow, follow_engines, start_sources
from tests.cluster.sources import Numbers
from tests.cluster.stories import all_at_once
from tests.cluster.switches import (
    living,
    pause_and_resume,
    switch_off_and_on,
    upgrade_in_every_state,
    upgrade_what_was_carried,
)

SOURCES = ("numbers", "prometheus", "redis", "rabbitmq")


def test_the_number_of_pods_is_what_the_source_says(keda, module_release, clients):
    first = module_release("first")
    start_sources(first.kube, SOURCES)
    jobs = sources.redis_list(first.kube, "jobs")
    queue = sources.rabbitmq_queue(first.kube, "jobs")
    all_at_once({
        "upgrades, a pause and a switch": lambda: change(replace(first, name="changed")),
        "a list of Redis": lambda: follow(first, "by-redis", jobs),
        "a queue of RabbitMQ": lambda: follow(first, "by-rabbitmq", queue),
        "the engines, by Prometheus": lambda: follow_engines(first, clients),
    })  # fmt: skip


def change(first: Release) -> None:
    """It reads a page of numbers."""
    with living(first, Numbers(first.kube)) as it:
        upgrade_in_every_state(it)
        pause_and_resume(it)
        switch_off_and_on(it)
        upgrade_what_was_carried(it)
