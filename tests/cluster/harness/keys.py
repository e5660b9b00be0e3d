"""Certificates, tokens and kubeconfigs of one run, thrown away with it."""

from __future__ import annotations

import json
import secrets
import subprocess
from pathlib import Path

from tests.cluster.harness.layout import API_PORT, API_SERVICE, NODE, NODE_ADDRESS, Layout

USERS = {
    "admin": "system:masters",
    f"system:node:{NODE}": "system:nodes",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:kube-proxy": "",
}

# Both ends of its own calls and its Services show this one pair.
KEDA_PAIR = "keda"
KEDA_NAMES = ["keda-operator", "keda-adapter", "keda-webhooks"]


def write_keys(layout: Layout) -> None:
    """The authority, one pair to serve with, one to call kubelet and extensions with, tokens."""
    folder = layout.run / "keys"
    folder.mkdir(mode=0o700)
    _openssl(folder, "req", "-x509", *_new_key("ca"), "-subj", "/CN=cluster-ca", "-out", "ca.crt")
    addresses = ["127.0.0.1", API_SERVICE, NODE_ADDRESS, layout.api_address]
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", NODE]
    names = [*(f"IP:{each}" for each in addresses), *(f"DNS:{each}" for each in names)]
    _sign(folder, "server", "/CN=kube-apiserver", "serverAuth", names)
    _sign(folder, "client", "/O=system:masters/CN=kube-apiserver", "clientAuth", [])
    of_keda = [f"DNS:{name}.keda.svc" for name in KEDA_NAMES]
    of_keda += [f"{name}.cluster.local" for name in of_keda]
    _sign(folder, KEDA_PAIR, "/CN=keda", "serverAuth,clientAuth", of_keda)
    tokens = {user: secrets.token_hex(16) for user in USERS}
    lines = (f'{tokens[user]},{user},{user},"{USERS[user]}"\n' for user in USERS)
    (folder / "tokens.csv").write_text("".join(lines))
    for user in USERS:
        _write_kubeconfig(layout, user, tokens[user])


def kubeconfig_of(layout: Layout, user: str) -> Path:
    """The kubeconfig that write_keys made for a user."""
    return layout.kubeconfig if user == "admin" else layout.run / "keys" / f"{user}.kubeconfig"


def _new_key(name: str) -> list[str]:
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    return [*curve, "-days", "30", "-keyout", f"{name}.key"]


def _sign(folder: Path, name: str, subject: str, usage: str, names: list[str]) -> None:
    extensions = ["-addext", f"extendedKeyUsage={usage}"]
    if names:
        extensions += ["-addext", f"subjectAltName={','.join(names)}"]
    authority = ["-CA", "ca.crt", "-CAkey", "ca.key"]
    request = ["req", "-x509", *_new_key(name), "-subj", subject, *extensions]
    _openssl(folder, *request, *authority, "-out", f"{name}.crt")


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def _write_kubeconfig(layout: Layout, user: str, token: str) -> None:
    authority = str(layout.run / "keys" / "ca.crt")
    server = f"https://{layout.api_address}:{API_PORT}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "wings", "cluster": {"server": server, "certificate-authority": authority}}
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "wings", "context": {"cluster": "wings", "user": user}}],
        "current-context": "wings",
    }
    path = kubeconfig_of(layout, user)
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
