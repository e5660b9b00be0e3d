"""LeaderWorkerSet, and what is translated into one: groups of a leader and workers."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.convert.kubernetes.group_workers import read_workers
from wingsctl.convert.kubernetes.pod_metadata import read_object_metadata
from wingsctl.convert.kubernetes.pod_spec import read_pod_template
from wingsctl.convert.kubernetes.workloads import read_replicas, read_strategy
from wingsctl.convert.shaped import overlaid

_EXCLUSIVE = ("leaderworkerset.sigs.k8s.io/exclusive-topology",
              "leaderworkerset.sigs.k8s.io/subgroup-exclusive-topology")  # fmt: skip
_OWN = "leaderworkerset.sigs.k8s.io/"
_LARGEST = 512


def read_group(conversion: Conversion, fields: Fields) -> None:
    """One object whose `spec` is that of a LeaderWorkerSet, or of a Deployment with one pod."""
    conversion.workload.kind = fields.text("kind")
    _read_topology(conversion, fields)
    read_object_metadata(conversion, fields)
    spec = fields.at("spec")
    if spec.get("leaderWorkerTemplate") is None:
        read_pod_template(conversion, spec.at("template"))
        read_strategy(conversion, spec.at("strategy"))
    else:
        _read_templates(conversion, spec.at("leaderWorkerTemplate"))
        spec.at("strategy").implied("groups are replaced one after the other, in their place")
    if spec.get("replicas") is not None:
        read_replicas(conversion, spec.at("replicas"))
    _read_rollout(conversion, spec.at("rolloutStrategy"))
    _read_queue(conversion, spec.at("queue"))
    spec.at("startupPolicy").implied("a leader waits for its workers, whichever starts first")
    spec.at("networkConfig").implied("each release has a headless Service of its own")


def _read_templates(conversion: Conversion, template: Fields) -> None:
    _read_size(conversion, template.at("size"))
    leader, worker = template.at("leaderTemplate"), template.at("workerTemplate")
    leader = _without_role(conversion, leader, worker)
    read_pod_template(conversion, worker if leader.data is None else leader)
    if leader.data is not None and (conversion.workload.group_size or 1) > 1:
        read_workers(conversion, leader, worker)
    worker.dropped("a group of one pod has no workers")
    template.at("restartPolicy").implied("all engines of a group start anew together")
    remedy = "scheduling.topologyKey keeps the pods of a group together"
    template.at("subGroupPolicy").dropped("groups have no smaller groups in them", remedy)
    _read_claims(conversion, template)


def _without_role(conversion: Conversion, leader: Fields, worker: Fields) -> Fields:
    """The leader without the labels by which Services find it: two templates for them alone
    would be two StatefulSets.
    """
    labels, common = leader.at("metadata", "labels"), worker.mapping("metadata", "labels")
    conversion.workload.pod_labels |= {
        f"{_OWN}name": conversion.workload.name,
        f"{_OWN}worker-index": "0",
    }
    kept = {}
    for key, value in labels.entries():
        if common.get(key) == value.data:
            kept[key] = value
            continue
        conversion.workload.pod_labels[key] = value.text()
        value.implied("the client Service finds the leaders by itself")
    if len(kept) == len(labels.mapping()):
        return leader
    return overlaid(leader, {"metadata": overlaid(leader.at("metadata"), {"labels": kept})})


def _read_size(conversion: Conversion, size: Fields) -> None:
    number = size.number() or 1
    if number > _LARGEST:
        size.dropped(f"a group has at most {_LARGEST} pods")
        return
    conversion.workload.group_size = number
    if number == 1:
        size.implied("1 is the default")
    else:
        conversion.carry(size, "nodes", number)


def _read_claims(conversion: Conversion, template: Fields) -> None:
    claims = template.at("volumeClaimTemplates")
    remedy = "make one claim for all pods: model.source.pvc or model.source.huggingface.cache.pvc"
    if claims.data:
        conversion.warn(claims, "claims of single pods are not in the profile", remedy)
    claims.dropped("no claim belongs to one pod: its template could never change", remedy)
    template.at("persistentVolumeClaimRetentionPolicy").dropped("claims outlive a release")


def _read_topology(conversion: Conversion, fields: Fields) -> None:
    """One group for each rack or zone, by an annotation."""
    for name in _EXCLUSIVE:
        value = fields.at("metadata", "annotations", name)
        if not value.text():
            continue
        conversion.draft.put("scheduling.strict", True)
        note = "the pods of a group stay together; nothing keeps other groups out of it"
        conversion.change(value, "scheduling.topologyKey", value.text(), note)


def _read_rollout(conversion: Conversion, strategy: Fields) -> None:
    strategy.at("type").implied("groups are replaced one after the other")
    rolling = strategy.at("rollingUpdateConfiguration")
    unavailable = rolling.at("maxUnavailable")
    if unavailable.data == 1:
        unavailable.implied("is the default")
    elif unavailable.data is not None:
        conversion.carry(unavailable, "rollout.maxUnavailable")
    surge = rolling.at("maxSurge")
    if surge.data == 0:
        surge.implied("is the default")
    surge.dropped("a group is replaced in its place: no spare devices are needed")
    partition = rolling.at("partition")
    if partition.data in (0, None):
        partition.implied("all groups get the new template")
    partition.dropped(
        "counts from the other end", "rollout.upTo is the last group with the new one"
    )


def _read_queue(conversion: Conversion, queue: Fields) -> None:
    if not queue.text():
        queue.implied("no queue")
        return
    value = {"kind": "volcano", "name": queue.text()}
    note = "the input does not name the scheduler: volcano is assumed"
    if conversion.change(queue, "scheduling.queue", value, note, "or set kind: kueue"):
        conversion.warn(queue, note, "set scheduling.queue.kind: kueue, or leave the queue out")
