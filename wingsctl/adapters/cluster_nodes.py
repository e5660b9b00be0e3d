"""The nodes of a cluster: read by kubectl, or from what it printed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wingsctl.adapters.kubectl import find_kubectl
from wingsctl.adapters.process import Runner, run_process
from wingsctl.adapters.text_files import read_stdin, read_text
from wingsctl.adapters.yaml_files import parse_manifest
from wingsctl.documents import Problem
from wingsctl.errors import ProfileError, ToolError

STDIN = "-"
MAX_MIB = 64
"""A node takes some 20 KB as kubectl prints it: this is a cluster of 3,000."""
HINT = "give the output of: kubectl get nodes -o json"


def read_nodes(
    environment: Mapping[str, str] = os.environ, run: Runner = run_process
) -> list[dict[str, Any]]:
    """The Node objects of the cluster that kubectl reaches; raises ToolError."""
    kubectl = find_kubectl(environment, None, None, run)
    if kubectl is None:
        raise ToolError(
            "kubectl is not on the PATH",
            hint="run kubectl get nodes -o json > nodes.json where it is, and give "
            "--from-cluster nodes.json; or name the card with --accelerator",
        )
    return kubectl.read(["nodes"])


def load_nodes(file: str) -> list[dict[str, Any]]:
    """The Node objects of a list in JSON or YAML; `-` is standard input.

    Raises ProfileError where the file cannot be read, or holds no nodes.
    """
    shown = "<stdin>" if file == STDIN else file
    is_stdin = file == STDIN
    text = read_stdin(max_mib=MAX_MIB) if is_stdin else read_text(Path(file), max_mib=MAX_MIB)
    nodes = [each for each in _objects(text, shown) if each.get("kind") == "Node"]
    if not nodes:
        raise _unusable(shown, "holds no object of kind Node")
    if not all(isinstance(each.get("metadata"), dict) for each in nodes):
        raise _unusable(shown, "holds a Node without metadata")
    return nodes


def _objects(text: str, shown: str) -> list[dict[str, Any]]:
    """Those of all documents, and those in their lists."""
    documents = _json(text, shown) if text.lstrip()[:1] == "{" else parse_manifest(text, shown)
    found: list[Any] = []
    for each in documents:
        items = each.get("items")
        found += items if isinstance(items, list) else [each]
    return [each for each in found if isinstance(each, dict)]


def _json(text: str, shown: str) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError) as error:
        raise _unusable(shown, "is not JSON") from error


def _unusable(file: str, reason: str) -> ProfileError:
    problem = Problem(file, 1, 1, "", reason, HINT)
    return ProfileError(f"{file} is not a list of nodes", problems=[problem])
