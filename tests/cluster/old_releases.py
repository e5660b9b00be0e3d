"""Releases of the charts that 0.1.0 rendered: as they are, or small enough to serve here."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.clients import CHAT, Clients
from tests.cluster.kube import Kube
from tests.support.old_charts import chart_name, old_chart, old_values
from wingsctl.plan.environment import GATEWAY_TAG

KINDS = (
    "deployment", "statefulset", "service", "persistentvolumeclaim", "configmap", "serviceaccount",
    "networkpolicy", "poddisruptionbudget", "ingress", "httproute", "podmonitor", "podgroup",
    "scaledobject", "triggerauthentication",
)  # fmt: skip
"""All that an old chart may make."""
KEY = "for-tests-only"

ENGINE = {
    "image": {"repository": "localhost/wings-fake-engine", "tag": "1"},
    "env": {"FAKE_TOKEN_MS": 20},
    "shmSize": "16Mi",
    "resources": {
        "requests": {"cpu": "20m", "memory": "32Mi", "ephemeral-storage": "16Mi"},
        "limits": {"memory": "128Mi", "ephemeral-storage": "64Mi"},
    },
}
COMMAND = [
    "fake-engine", "serve", "tiny", "--host", "127.0.0.1", "--port", "$(ENGINE_PORT)",
    "--max-model-len", "$(MAX_MODEL_LEN)",
]  # fmt: skip
GROUP = [
    "--nnodes", "2", "--node-rank", "$(LWS_WORKER_INDEX)",
    "--master-addr", "$(LWS_LEADER_ADDRESS)", "--master-port", "$(WINGS_RENDEZVOUS_PORT)",
]  # fmt: skip
SERVED_NAME = ["--served-model-name", "$(MODEL_NAME)"]
GATEWAY = {
    "requests": {"cpu": "20m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
    "limits": {"memory": "256Mi", "ephemeral-storage": "64Mi"},
}
SMALL: dict[str, Any] = {
    "model": {"servedName": ["tiny"]},
    "engine": {**ENGINE, "command": [*COMMAND, *SERVED_NAME]},
    "gateway": {
        # Today's: the images of then are not kept.
        "image": {"repository": "localhost/wings-infer", "tag": GATEWAY_TAG},
        "resources": GATEWAY,
    },
    "startup": {"pullSeconds": 5, "loadDeadlineSeconds": 60},
    "shutdown": {"delaySeconds": 4, "drainSeconds": 20, "stopSeconds": 3},
    "probes": {"readiness": {"periodSeconds": 2, "timeoutSeconds": 2}},
}
DOOR = {
    "frontDoor": {"replicas": 2, "drainSeconds": 5, "resources": GATEWAY},
    "autoscaling": {"pollingSeconds": 1, "cooldownSeconds": 60},
}
TURNS = {"WINGS_GROUP_ANSWER_SECONDS": 8, "WINGS_TURN_QUIET_SECONDS": 5}
SMALL_VALUES: dict[str, dict[str, Any]] = {
    "minimal": {**SMALL, "replicas": 2},
    "keys-claim-ingress": {**SMALL, "replicas": 2},
    "keys-door-to-zero": {**SMALL, **DOOR},
    "keys-group-two-sets": {
        **SMALL,
        "engine": {**ENGINE, "command": [*COMMAND, *GROUP, *SERVED_NAME]},
        "gateway": {**SMALL["gateway"], "env": TURNS},
    },
}
"""What a user of each chart gives, so that its pods fit a small node and the fake engine serves."""


@dataclass(frozen=True)
class OldRelease:
    """A release of an old chart that serves, and what its clients know of it."""

    kube: Kube
    case: str
    today: Path
    """Today's chart of the same profile."""
    values: Path

    @property
    def name(self) -> str:
        return chart_name(self.case)

    @property
    def labels(self) -> str:
        """What all its objects and pods carry."""
        return f"app.kubernetes.io/instance={self.name}"

    @property
    def is_guarded(self) -> bool:
        """Whether it asks for keys."""
        return "auth" in old_values(self.case)["gateway"]

    @property
    def key(self) -> str:
        """The one that it takes; none where it asks for none."""
        return KEY if self.is_guarded else ""

    @property
    def url(self) -> str:
        """The client Service, with TLS where the profile asks for it."""
        values = old_values(self.case)
        scheme = "https" if "tls" in values["gateway"] else "http"
        service = values["service"].get("name", self.name)
        return f"{scheme}://{service}.{self.kube.namespace}:9000"

    def install(self) -> None:
        """With what the profile says exists already; returns when it serves."""
        if self.is_guarded:
            make_secrets(self.kube, self.values.parent)
        self.kube.helm_ok("install", self.name, old_chart(self.case), "-f", self.values)
        for claim in self.claims():
            self.kube.ok("apply", "-f", "-", text=json.dumps(volume_for(claim)))
        self._wait()

    def upgrade(self, *, reuse: bool) -> None:
        """To today's chart; returns when every workload runs today's pods."""
        keep = ["--reuse-values"] if reuse else ["-f", self.values]
        words = ["upgrade", self.name, self.today, *keep]
        self.kube.helm_ok(*words, "--wait", "--timeout", "300s")
        self._wait()

    def claims(self) -> list[dict[str, Any]]:
        """Those that the chart makes."""
        return list(self.kube.read("persistentvolumeclaim", "-l", self.labels)["items"])

    def pods(self) -> set[str]:
        """UIDs of those that KEDA does not start and end by the demand."""
        of_door = ",app.kubernetes.io/component=front-door" if "door" in self.case else ""
        return {each["metadata"]["uid"] for each in self.kube.items("pod", self.labels + of_door)}

    def ask(self, clients: Clients, key: str) -> int:
        """Status of a chat."""
        return clients.post(f"{clients.reach(self.url)}/v1/chat/completions", CHAT % 2, key=key)[0]

    def _wait(self) -> None:
        """Until every workload runs the pods of its newest template, and no others."""
        for kind in ("deployment", "statefulset"):
            names = self.kube.ok("get", kind, "-l", self.labels, "-o", "name").split()
            for name in names:
                self.kube.ok("rollout", "status", name, "--timeout=300s", limit=320)


def volume_for(claim: dict[str, Any]) -> dict[str, Any]:
    """A volume for a claim: nothing here provides any."""
    spec, place = claim["spec"], claim["metadata"]
    name = f"{place['namespace']}-{place['name']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {"wings-test/namespace": place["namespace"]}},
        "spec": {
            "capacity": spec["resources"]["requests"],
            "accessModes": spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": spec.get("storageClassName", ""),
            "claimRef": {"namespace": place["namespace"], "name": place["name"]},
            "hostPath": {"path": f"/var/lib/{name}", "type": "DirectoryOrCreate"},
        },
    }


def identities(kube: Kube) -> dict[tuple[str, str], str]:
    """UIDs of all objects that charts have made in a namespace: a new one is another object."""
    kinds = ",".join(KINDS)
    found = kube.read(kinds, "-l", "app.kubernetes.io/managed-by=Helm")["items"]
    return {(each["kind"], each["metadata"]["name"]): each["metadata"]["uid"] for each in found}


def make_secrets(kube: Kube, folder: Path) -> None:
    """The keys and the certificate that profiles name."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=tests", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    kube.ok("create", "secret", "generic", "keys", f"--from-literal=api-keys={KEY}")
    kube.ok("create", "secret", "tls", "certificate", f"--cert={certificate}", f"--key={key}")
