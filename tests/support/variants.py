"""Values that change what helm renders, for judges that look at more than a chart's defaults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.support.profiles import EVERYTHING_OF_A_POD, LONGEST_NAME

POD = {key: value for key, value in EVERYTHING_OF_A_POD.items() if key != "env"}
VARIANTS: dict[str, dict[str, Any]] = {
    "no pods": {"replicas": 0},
    "three pods": {"replicas": 3},
    "nothing optional": {
        "networkPolicy": {"enabled": False},
        "podDisruptionBudget": {"enabled": False},
    },
    "named clients": {
        "networkPolicy": {"clients": [{"podSelector": {"matchLabels": {"app": "chat"}}}]},
        "service": {"name": "chat-api", "port": 80, "type": "LoadBalancer"},
    },
    "everything of a pod": {
        "pod": POD,
        "engine": {"env": {"FROM": {"valueFrom": {"secretKeyRef": {"name": "vars", "key": "a"}}}}},
        "gateway": {
            "env": {"LEVEL": {"valueFrom": {"configMapKeyRef": {"name": "c", "key": "b"}}}}
        },
    },
    "another engine port": {"engine": {"port": 8123}},
}
"""Values by what they are for; each chart of VARIED is rendered with each of them."""

VARIED = (
    "wings-infer", "wings-infer-sglang", "llama-chat", LONGEST_NAME, "null", "gateway-secrets",
    "ingress", "http-route", "monitoring", "scaled-cron", "scaled-prometheus", "scaled-queue",
    "scaled-http", "front-door", "front-door-fixed", "group-door", "group-scaled",
    "group-scaled-roles", "new-claim",
    "hub-ephemeral", "hub-new-claim", "modelscope-claim", "image", "fabric-macvlan",
    "chat-template", "group-split", "group-volcano", "group-host", "group-" + LONGEST_NAME[6:],
)  # fmt: skip
"""Charts with every part and every storage."""

KINDS = {
    "claimName": "PersistentVolumeClaim",
    "secretName": "Secret",
    "serviceAccountName": "ServiceAccount",
    "secret": "Secret",
    "tokenSecret": "Secret",
    "secretKeyRef": "Secret",
    "imagePullSecrets": "Secret",
    "configMap": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "authenticationRef": "TriggerAuthentication",
    "secretTargetRef": "Secret",
}
"""Keys under which a profile or values name an object that the chart does not make."""


def declared_external(data: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(kind, name) of what a profile or values say exists already."""
    if isinstance(data, list):
        for each in data:
            yield from declared_external(each, key)
    elif isinstance(data, dict):
        if key in KINDS and "name" in data:
            yield data.get("kind") or KINDS[key], data["name"]
        for inner, value in data.items():
            yield from declared_external(value, inner)
    elif key in KINDS and isinstance(data, str):
        yield KINDS[key], data
