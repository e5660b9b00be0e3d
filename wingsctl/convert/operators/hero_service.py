"""InferenceService of system.hero.ai -> a group of a leader and workers, or single pods."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.shaped import shaped


def translate_hero_service(conversion: Conversion, fields: Fields) -> list[Fields]:
    """One StatefulSet a replica there, one group a replica here."""
    del conversion
    spec = fields.at("spec")
    leader, worker = spec.at("servers", "leader"), spec.at("servers", "worker")
    spec.at("deploymentMode").implied("follows from nodes")
    workers = worker.number("replicas") or 0
    leader.at("replicas").implied("a group has one leader")
    if not workers or worker.get("template") is None:
        worker.at("replicas").implied("there are no workers")
        return [
            _shape(fields, {"template": leader.at("template"), "replicas": spec.at("replicas")})
        ]
    worker.at("replicas").changed("nodes", "the leader and the workers")
    group = {
        "size": workers + 1,
        "leaderTemplate": leader.at("template"),
        "workerTemplate": worker.at("template"),
    }
    queue = spec.at("scheduler", "queue")
    parts = {"leaderWorkerTemplate": group, "replicas": spec.at("replicas"), "queue": queue}
    return [_shape(fields, parts)]


def _shape(fields: Fields, spec: dict[str, object]) -> Fields:
    frame = {key: fields.at(key) for key in ("apiVersion", "kind", "metadata", "status")}
    return shaped(fields, {**frame, "spec": spec})
