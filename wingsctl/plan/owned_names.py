"""Names in a pod that the chart itself uses, and so nobody else may."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from wingsctl.catalog.pod import RolePod
from wingsctl.catalog.profile import Profile
from wingsctl.documents import KeyPath
from wingsctl.plan.draft import Draft

OWN_LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "app.kubernetes.io/version",
    "helm.sh/chart",
)
GROUP_LABELS = ("wingsctl/group", "wingsctl/role")
"""By which the objects of a group find their pods."""
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
    _check_keys(
        draft,
        [
            (("labels",), profile.labels, (*OWN_LABELS, *GROUP_LABELS)),
            (("monitoring", "labels"), profile.monitoring.labels, OWN_LABELS),
        ],
    )
    check_pod_names(draft, profile.pod, ("pod",))


def check_pod_names(draft: Draft, pod: RolePod, path: KeyPath) -> None:
    """The same for the settings of pods written at `path`."""
    _check_keys(
        draft,
        [
            ((*path, "labels"), pod.labels, (*OWN_LABELS, *GROUP_LABELS)),
            ((*path, "annotations"), pod.annotations, OWN_POD_ANNOTATIONS),
        ],
    )
    volumes = [str(volume.get("name") or "") for volume in pod.volumes]
    _check_volumes(draft, (*path, "volumes"), volumes)
    _check_paths(draft, (*path, "volumeMounts"), pod)
    _check_mounted(draft, (*path, "volumeMounts"), pod, volumes)


def _check_keys(
    draft: Draft, owned: list[tuple[KeyPath, Mapping[str, str], Collection[str]]]
) -> None:
    """Selectors are made of the labels: another value, or a second one, would break them."""
    for where, written, taken in owned:
        for key in sorted(set(taken) & set(written)):
            draft.refuse((*where, key), "is set by the chart", "leave it out, or use another key")


def _check_volumes(draft: Draft, where: KeyPath, names: list[str]) -> None:
    for index, name in enumerate(names):
        path = (*where, index)
        if not name:
            draft.refuse(path, "a volume needs a name")
        elif name in OWN_VOLUMES or name in names[:index]:
            draft.refuse(path, f"the volume name {name} is taken", "choose another")


def _check_paths(draft: Draft, where: KeyPath, pod: RolePod) -> None:
    paths = [str(mount.get("mountPath") or "").rstrip("/") for mount in pod.volume_mounts]
    for index, path in enumerate(paths):
        place = (*where, index)
        if not path.startswith("/"):
            draft.refuse(place, "needs an absolute mountPath")
        elif path in OWN_MOUNTS or path in paths[:index]:
            draft.refuse(place, f"the mount path {path} is taken", "choose another")


def _check_mounted(draft: Draft, where: KeyPath, pod: RolePod, volumes: list[str]) -> None:
    for index, mount in enumerate(pod.volume_mounts):
        if str(mount.get("name")) not in (*volumes, *OWN_VOLUMES):
            draft.refuse(
                (*where, index),
                "mounts a volume that is not in pod.volumes",
                f"volumes of this pod: {', '.join([*filter(None, volumes), *OWN_VOLUMES])}",
            )
