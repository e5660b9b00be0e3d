"""Secrets at the places where a chart mounts them: a gateway never leaves one unused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mount:
    """A folder below the root that is there only where a Secret is mounted.

    `files` has the file of each variable that uses it.
    """

    folder: str
    content: str
    files: Mapping[str, str]


MOUNTS = (
    Mount("wings-auth", "API keys are", {"WINGS_API_KEYS_FILE": "keys"}),
    Mount(
        "wings-tls",
        "a certificate is",
        {"WINGS_TLS_CERT_FILE": "tls.crt", "WINGS_TLS_KEY_FILE": "tls.key"},
    ),
)


def check_mounts(environment: Mapping[str, str], root: Path) -> list[str]:
    """A problem for each Secret that is mounted below `root` and named by no variable.

    Such a gateway would admit every request, or serve without TLS.
    """
    return [
        f"{', '.join(mount.files)}: not set, but {mount.content} mounted at {root / mount.folder}: "
        f"set {_places(mount, root)}, or mount nothing there"
        for mount in MOUNTS
        if (root / mount.folder).exists()
        and not any(environment.get(variable) for variable in mount.files)
    ]


def _places(mount: Mount, root: Path) -> str:
    folder = root / mount.folder
    return " and ".join(f"{variable}={folder / file}" for variable, file in mount.files.items())
