"""Names in a pod that the chart itself uses, and so nobody else may."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wingsctl.catalog.profile import Profile
from wingsctl.plan.draft import Draft

OWN_LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)
OWN_POD_ANNOTATIONS = ("checksum/files", "kubectl.kubernetes.io/default-container")
OWN_VOLUMES = (
    "shared-volume",
    "wings-files",
    "shm",
    "home",
    "tmp",
    "model",
    "model-cache",
    "wings-auth",
    "wings-tls",
)
OWN_MOUNTS = (
    "/shared-volume",
    "/wings",
    "/dev/shm",
    "/home/wings",
    "/tmp",
    "/models",
    "/model-cache",
)


def check_owned_names(draft: Draft, profile: Profile) -> None:
    """Refuse labels, annotations, volumes and mounts that are the chart's own, or twice."""
    _check_keys(draft, profile)
    volumes = [str(volume.get("name") or "") for volume in profile.pod.volumes]
    _check_volumes(draft, volumes)
    _check_paths(draft, profile)
    _check_mounted(draft, profile, volumes)


def _check_keys(draft: Draft, profile: Profile) -> None:
    """Selectors are made of the labels: another value, or a second one, would break them."""
    owned: list[tuple[tuple[str, ...], Mapping[str, str], Collection[str]]] = [
        (("labels",), profile.labels, OWN_LABELS),
        (("pod", "labels"), profile.pod.labels, OWN_LABELS),
        (("monitoring", "labels"), profile.monitoring.labels, OWN_LABELS),
        (("pod", "annotations"), profile.pod.annotations, OWN_POD_ANNOTATIONS),
    ]
    for where, written, taken in owned:
        for key in sorted(set(taken) & set(written)):
            draft.refuse((*where, key), "is set by the chart", "leave it out, or use another key")


def _check_volumes(draft: Draft, names: list[str]) -> None:
    for index, name in enumerate(names):
        path = ("pod", "volumes", index)
        if not name:
            draft.refuse(path, "a volume needs a name")
        elif name in OWN_VOLUMES or name in names[:index]:
            draft.refuse(path, f"the volume name {name} is taken", "choose another")


def _check_paths(draft: Draft, profile: Profile) -> None:
    paths = [str(mount.get("mountPath") or "").rstrip("/") for mount in profile.pod.volume_mounts]
    for index, path in enumerate(paths):
        where = ("pod", "volumeMounts", index)
        if not path.startswith("/"):
            draft.refuse(where, "needs an absolute mountPath")
        elif path in OWN_MOUNTS or path in paths[:index]:
            draft.refuse(where, f"the mount path {path} is taken", "choose another")


def _check_mounted(draft: Draft, profile: Profile, volumes: list[str]) -> None:
    for index, mount in enumerate(profile.pod.volume_mounts):
        if str(mount.get("name")) not in (*volumes, *OWN_VOLUMES):
            draft.refuse(
                ("pod", "volumeMounts", index),
                "mounts a volume that is not in pod.volumes",
                f"volumes of this pod: {', '.join([*filter(None, volumes), *OWN_VOLUMES])}",
            )
