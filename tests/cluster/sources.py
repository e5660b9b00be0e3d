"""Where KEDA reads demand: sources that run as pods, and ways to set what each of them says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.cluster.kube import Kube

EACH = 5
"""What one pod or group takes."""
_REDIS = ("redis-cli", "-e")  # fails where Redis says no
_FILL = "redis.call('del', KEYS[1]) for i = 1, ARGV[1] do redis.call('rpush', KEYS[1], i) end"
_READ = ("xreadgroup", "group", "workers", "one", "count", "1000", "noack")
_ADD = "for i = 1, ARGV[1] do redis.call('xadd', KEYS[1], '*', 'job', i) end"
_QUEUE = """
import base64, json, os, sys, urllib.request as u
login = base64.b64encode(b"wings:for-tests-only").decode()
def ask(method, path, **body):
    head = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:15672/api/{path}"
    u.urlopen(u.Request(url, json.dumps(body).encode(), head, method=method), timeout=30).close()
queue, count = sys.argv[1], int(sys.argv[2])
ask("PUT", f"queues/%2F/{queue}")
ask("DELETE", f"queues/%2F/{queue}/contents")
for number in range(count):
    ask("POST", "exchanges/%2F/amq.default/publish", routing_key=queue, payload=str(number),
        payload_encoding="string", properties={})
"""


@dataclass(frozen=True)
class Demand:
    """A trigger of a profile, and how a test sets what the trigger reads."""

    triggers: list[dict[str, Any]]
    set: Callable[[int], object]


@dataclass(frozen=True)
class Source:
    """A Deployment of manifests/, whose only pod answers KEDA."""

    kube: Kube
    name: str

    def run(self, *command: str, text: str | None = None) -> str:
        """A command in its pod."""
        return self.kube.ok("exec", "-i", f"deploy/{self.name}", "--", *command, text=text)

    def wait(self) -> None:
        """Until its pod is ready."""
        self.kube.ok("rollout", "status", f"deploy/{self.name}", "--timeout=400s", limit=450)

    def address(self, port: int) -> str:
        """As it is named in another namespace."""
        return f"{self.name}.{self.kube.namespace}.svc:{port}"


class Numbers:
    """Numbers by name, as a page of Prometheus' format: what the pod `numbers` serves."""

    def __init__(self, kube: Kube) -> None:
        self.source = Source(kube, "numbers")
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def set(self, name: str, number: int) -> None:
        with self._lock:
            self._numbers[name] = number
            text = "".join(f'jobs{{of="{of}"}} {each}\n' for of, each in self._numbers.items())
            self._serve("metrics", text)

    def let_scrape(self, pods: list[dict[str, Any]]) -> None:
        """Prometheus reads these pods' gateways from now on, and no others."""
        targets = [
            {
                "targets": [f"{pod['status']['podIP']}:9001"],
                "labels": {"namespace": self.source.kube.namespace, "pod": pod["metadata"]["name"]},
            }
            for pod in pods
        ]
        self._serve("pods.json", json.dumps(targets))

    def _serve(self, name: str, text: str) -> None:
        """As a whole or not at all."""
        change = f"cat > /numbers/{name}.new && mv /numbers/{name}.new /numbers/{name}"
        self.source.run("sh", "-c", change, text=text)

    def by_prometheus(self, name: str, **more: str) -> Demand:
        """As Prometheus has scraped it."""
        address = Source(self.source.kube, "prometheus").address(9090)
        query = f'sum(jobs{{of="{name}"}})'
        metadata = {"serverAddress": f"http://{address}", "query": query, "threshold": str(EACH)}
        trigger = {"type": "prometheus", "metadata": {**metadata, **more}}
        return Demand([trigger], lambda number: self.set(name, number))

    def by_metrics_api(self, name: str) -> Demand:
        """Read directly."""
        metadata = {
            "url": f"http://{self.source.address(8000)}/metrics",
            "format": "prometheus",
            "valueLocation": f'jobs{{of="{name}"}}',
            "targetValue": str(EACH),
        }
        trigger = {"type": "metrics-api", "metadata": metadata}
        return Demand([trigger], lambda number: self.set(name, number))


def redis_list(kube: Kube, name: str) -> Demand:
    """Jobs in a list."""
    redis = Source(kube, "redis")
    metadata = {"address": redis.address(6379), "listName": name, "listLength": str(EACH)}
    trigger = {"type": "redis", "metadata": metadata, **_secret("redis", "password")}
    return Demand([trigger], lambda count: redis.run(*_REDIS, "eval", _FILL, "1", name, str(count)))


def redis_stream(kube: Kube, name: str) -> Demand:
    """Entries of a stream that a consumer group has not read."""
    redis = Source(kube, "redis")
    metadata = {
        "address": redis.address(6379), "stream": name, "consumerGroup": "workers",
        "lagCount": str(EACH),
    }  # fmt: skip
    trigger = {"type": "redis-streams", "metadata": metadata, **_secret("redis", "password")}

    def leave(count: int) -> None:
        redis.run("redis-cli", "xgroup", "create", name, "workers", "0", "mkstream")
        redis.run(*_REDIS, *_READ, "streams", name, ">")
        redis.run(*_REDIS, "eval", _ADD, "1", name, str(count))

    return Demand([trigger], leave)


def rabbitmq_queue(kube: Kube, name: str) -> Demand:
    """Messages of a queue, by RabbitMQ's HTTP interface."""
    rabbitmq = Source(kube, "rabbitmq")
    metadata = {"queueName": name, "mode": "QueueLength", "value": str(EACH), "protocol": "http"}
    trigger = {"type": "rabbitmq", "metadata": metadata, **_secret("rabbitmq", "host")}
    return Demand([trigger], lambda count: rabbitmq.run("python3", "-c", _QUEUE, name, str(count)))


def _secret(name: str, *parameters: str) -> dict[str, Any]:
    """Each parameter from the key of its name in the source's Secret."""
    refs = [{"parameter": each, "name": name, "key": each} for each in parameters]
    return {"authentication": {"secretTargetRef": refs}}
