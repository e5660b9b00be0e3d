"""A small stand-in for a cluster's API: what helm asks before it renders, and what lookup finds."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

KINDS = {
    "v1": ["ConfigMap", "PersistentVolumeClaim", "Pod", "Secret", "Service", "ServiceAccount"],
    "apps/v1": ["Deployment", "StatefulSet"],
    "keda.sh/v1alpha1": ["ScaledObject", "TriggerAuthentication"],
    "networking.k8s.io/v1": ["NetworkPolicy"],
    "policy/v1": ["PodDisruptionBudget"],
}


@contextmanager
def api_server(folder: Path, *living: dict[str, Any]) -> Iterator[Path]:
    """The kubeconfig of a cluster in which these objects of the namespace llm live."""
    paths = {_path(each): each for each in living}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = _discovery(self.path) or paths.get(self.path.split("?")[0])
            body = json.dumps(found or _missing()).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield _kubeconfig(folder, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _path(living: dict[str, Any]) -> str:
    plural, name = _plural(living["kind"]), living["metadata"]["name"]
    return f"/apis/apps/v1/namespaces/llm/{plural}/{name}"


def _missing() -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound",
            "message": "not found", "code": 404}  # fmt: skip


def _discovery(path: str) -> dict[str, Any] | None:
    path = path.split("?", maxsplit=1)[0]
    if path == "/version":
        return {"major": "1", "minor": "36", "gitVersion": "v1.36.0"}
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        groups = [_group(version) for version in KINDS if "/" in version]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    version = path.removeprefix("/apis/").removeprefix("/api/")
    if version not in KINDS:
        return None
    resources = [
        {"name": _plural(kind), "singularName": "", "namespaced": True, "kind": kind,
         "verbs": ["get"]}
        for kind in KINDS[version]
    ]  # fmt: skip
    return {"kind": "APIResourceList", "groupVersion": version, "resources": resources}


def _group(version: str) -> dict[str, Any]:
    name, number = version.split("/")
    told = {"groupVersion": version, "version": number}
    return {"name": name, "versions": [told], "preferredVersion": told}


def _plural(kind: str) -> str:
    return f"{kind.lower()}s".replace("ys", "ies")


def _kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "users": [{"name": "c", "user": {}}],
    }  # fmt: skip
    path.write_text(json.dumps(config), encoding="utf-8")
    return path
