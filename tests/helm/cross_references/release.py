"""The objects of one release, and the pods that they make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Object = dict[str, Any]
Labels = dict[str, str]
WORKLOADS = ("Deployment", "StatefulSet")
SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")
POD_INDEX = "apps.kubernetes.io/pod-index"
POD_NAME = "statefulset.kubernetes.io/pod-name"


def place(each: Object) -> str:
    """How complaints name an object."""
    return f"{each['kind']} {each['metadata']['name']}"


def twice(values: Iterable[Any]) -> list[Any]:
    """What occurs more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


@dataclass(frozen=True)
class Pods:
    """The pods of one object: alike but for the labels that Kubernetes adds."""

    owner: Object
    template: Object
    labels: list[Labels]

    @property
    def place(self) -> str:
        return place(self.owner)

    @property
    def spec(self) -> Object:
        spec: Object = self.template["spec"]
        return spec

    @property
    def is_hook(self) -> bool:
        """Whether helm makes it for a moment: no client, policy or budget is meant for it."""
        return "helm.sh/hook" in self.owner["metadata"].get("annotations", {})

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]

    @property
    def claims(self) -> set[str]:
        """Names of the claims that a StatefulSet makes for each pod."""
        templates = self.owner["spec"].get("volumeClaimTemplates", [])
        return {each["metadata"]["name"] for each in templates}

    @property
    def ports(self) -> set[str | int]:
        """Names and numbers of what the containers listen on."""
        listed = [port for each in self.containers for port in each.get("ports", [])]
        return {port[key] for port in listed for key in ("name", "containerPort") if key in port}


@dataclass(frozen=True)
class Release:
    """What helm would install into one namespace."""

    objects: list[Object]
    external: frozenset[tuple[str, str]]
    namespace: str

    def of(self, *kinds: str) -> list[Object]:
        return [each for each in self.objects if each["kind"] in kinds]

    def find(self, kind: str, name: str) -> Object | None:
        found = (each for each in self.of(kind) if each["metadata"]["name"] == name)
        return next(found, None)

    def has(self, kind: str, name: str) -> bool:
        return (kind, name) in self.external or self.find(kind, name) is not None

    def scalers_of(self, workload: Object) -> list[Object]:
        """The autoscalers that change this workload's number of pods."""
        target = (workload["kind"], workload["metadata"]["name"])
        return [each for each in self.of(*SCALERS) if scale_target(each) == target]

    @cached_property
    def pods(self) -> list[Pods]:
        return [
            *(Pods(each, each, [each["metadata"].get("labels", {})]) for each in self.of("Pod")),
            *(
                Pods(each, each["spec"]["template"], list(self._labels(each)))
                for each in self.of(*WORKLOADS)
            ),
        ]

    def _labels(self, workload: Object) -> Iterator[Labels]:
        labels = workload["spec"]["template"]["metadata"].get("labels", {})
        if workload["kind"] != "StatefulSet":
            yield labels
            return
        start = workload["spec"].get("ordinals", {}).get("start", 0)
        for index in range(start, start + self._most_pods(workload)):
            name = f"{workload['metadata']['name']}-{index}"
            yield {**labels, POD_NAME: name, POD_INDEX: str(index)}

    def _most_pods(self, workload: Object) -> int:
        """At least one: a workload of none is judged as if it were started."""
        scaled = [each["spec"].get("maxReplicaCount", 1) for each in self.scalers_of(workload)]
        return max(1, workload["spec"].get("replicas", 1), *scaled)


def scale_target(scaler: Object) -> tuple[str, str]:
    """Kind and name; KEDA's default kind is Deployment."""
    target = scaler["spec"]["scaleTargetRef"]
    return target.get("kind", "Deployment"), target["name"]


def matches(selector: Object, labels: Labels) -> bool:
    """A LabelSelector as Kubernetes reads it; an empty one matches all."""
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        _holds(each, labels) for each in selector.get("matchExpressions", [])
    )


def _holds(expression: Object, labels: Labels) -> bool:
    value = labels.get(expression["key"])
    return {
        "In": value in expression.get("values", []),
        "NotIn": value not in expression.get("values", []),
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]
