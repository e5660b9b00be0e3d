"""KEDA on a running cluster of the harness: its objects, its keys, and its pods Ready."""

from __future__ import annotations

import base64
from string import Template

from tests.cluster.harness.keys import KEDA_PAIR
from tests.cluster.harness.layout import CHECKOUT, Layout
from tests.cluster.harness.lifetime import kubectl

MANIFEST = CHECKOUT / "tests" / "cluster" / "manifests" / "keda.yaml"
READY = "180s"


def install_keda(layout: Layout) -> None:
    """Installs operator, metrics adapter and webhooks, and returns when all three answer."""
    crds = sorted((layout.tools / "crds").glob("*keda.sh_*.yaml"))
    files = [word for crd in crds for word in ("-f", str(crd))]
    kubectl(layout, "apply", "--server-side", *files)
    names = [f"crd/{_crd_name(crd.stem)}" for crd in crds]
    kubectl(layout, "wait", "--for=condition=Established", f"--timeout={READY}", *names)
    kubectl(layout, "create", "namespace", "keda")
    kubectl(layout, "create", "-f", "-", text=_secret(layout))
    kubectl(layout, "apply", "-f", "-", text=_objects(layout))
    for name in ("keda-operator", "keda-webhooks", "keda-adapter"):
        kubectl(layout, "-n", "keda", "rollout", "status", f"deploy/{name}", f"--timeout={READY}")
    service = "apiservice/v1beta1.external.metrics.k8s.io"
    kubectl(layout, "wait", "--for=condition=Available", f"--timeout={READY}", service)


def _crd_name(stem: str) -> str:
    """keda.sh_scaledobjects -> scaledobjects.keda.sh."""
    group, _, plural = stem.partition("_")
    return f"{plural}.{group}"


def _secret(layout: Layout) -> str:
    keys = layout.run / "keys"
    files = {"ca.crt": "ca.crt", "tls.crt": f"{KEDA_PAIR}.crt", "tls.key": f"{KEDA_PAIR}.key"}
    data = {name: _base64((keys / file).read_bytes()) for name, file in files.items()}
    lines = "".join(f"  {name}: {text}\n" for name, text in data.items())
    head = "apiVersion: v1\nkind: Secret\nmetadata: {name: keda-keys, namespace: keda}\n"
    return f"{head}data:\n{lines}"


def _objects(layout: Layout) -> str:
    ca = _base64((layout.run / "keys" / "ca.crt").read_bytes())
    return Template(MANIFEST.read_text("utf-8")).substitute(ca=ca)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
