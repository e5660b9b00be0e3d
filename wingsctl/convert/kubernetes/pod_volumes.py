"""The volumes that are left when the model and its caches have theirs."""

from __future__ import annotations

from wingsctl.convert.conversion import Conversion, Mount
from wingsctl.convert.fields import Fields
from wingsctl.plan.owned_names import OWN_MOUNTS, OWN_VOLUMES

_SHM = "/dev/shm has the right size by itself"
_SCRATCH = "the chart has such a volume of its own"
DRIVERS = ("/usr/local/dcmi", "/usr/local/Ascend", "/etc/ascend_install.info",
           "/usr/local/bin/npu-smi", "/usr/local/sbin", "/usr/local/nvidia")  # fmt: skip
"""Files of drivers that people mount by hand."""
_OWN = ("/etc/localtime", "/etc/timezone", "/var/run/secrets/kubernetes.io/")
"""What pods get of their node or of Kubernetes; the account of a chart's pods has no token."""


def finish_volumes(conversion: Conversion, spec: Fields) -> None:
    """Volumes and mounts of the engine's container that nothing has settled yet."""
    for mount in conversion.workload.mounts:
        if not mount.fields.is_open:
            continue
        path = mount.path.rstrip("/")
        if path == "/dev/shm":
            _imply(mount, _SHM)
        elif path.startswith(DRIVERS):
            _imply(mount, "the device plugin brings the driver's files")
        elif path in OWN_MOUNTS or path.startswith(_OWN):
            _imply(mount, _SCRATCH)
        elif mount.volume.text("configMap", "name") in conversion.read_names:
            mount.fields.changed("", "a file of it is read as the command")
            mount.volume.changed("", "a file of it is read as the command")
        else:
            _carry(conversion, mount)
    for volume in spec.items("volumes"):
        volume.dropped("is not mounted by the engine")


def _imply(mount: Mount, note: str) -> None:
    mount.fields.implied(note)
    mount.volume.implied(note)


def _carry(conversion: Conversion, mount: Mount) -> None:
    """As it is, unless the chart has a volume of that name."""
    name = mount.fields.text("name")
    if mount.volume.data is None:
        mount.fields.dropped("mounts a volume that the pod does not have", "leave it out")
        return
    if conversion.secrets.holds_secret([mount.volume.data, mount.fields.data]):
        mount.fields.dropped("its volume holds a literal secret", "use a Secret")
        mount.volume.dropped("holds a literal secret", "use a Secret")
        return
    shown = f"own-{name}" if name in OWN_VOLUMES else name
    conversion.draft.append("pod.volumes", {**mount.volume.mapping(), "name": shown})
    conversion.draft.append("pod.volumeMounts", {**mount.fields.mapping(), "name": shown})
    note = "" if shown == name else "under another name: the chart has one of that name"
    for fields, key in ((mount.volume, "pod.volumes"), (mount.fields, "pod.volumeMounts")):
        if note:
            fields.changed(key, note)
        else:
            fields.carried(key)
