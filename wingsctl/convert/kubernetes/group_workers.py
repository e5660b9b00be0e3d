"""The workers of a group: what they have otherwise than the leader goes to `roles`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wingsctl.convert.conversion import Conversion
from wingsctl.convert.engine.environment import env_entries, read_environment, variables_of
from wingsctl.convert.engine.presence import container_runs_engine
from wingsctl.convert.fields import Fields, leaves
from wingsctl.convert.kubernetes.pod_spec import read_pod_template
from wingsctl.convert.report import Row
from wingsctl.convert.shaped import places
from wingsctl.documents import Problem, dotted

_SAME = "as the leader's: one template serves both"
_JOINS = "workers join their group by themselves"
_OF_ROLES = ("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints",
             "priorityClassName", "schedulerName", "runtimeClassName", "imagePullSecrets",
             "securityContext", "serviceAccountName", "annotations", "labels", "volumes",
             "volumeMounts")  # fmt: skip


def read_workers(conversion: Conversion, leader: Fields, worker: Fields) -> None:
    """Reads the worker's template; the leader's must be read."""
    worker_reading = _reading_of(conversion)
    joins = [each for each in worker.items("spec", "containers") if _only_joins(each)]
    for container in joins:
        _settle_joining(container)
    _imply_same(leader, worker)
    read_pod_template(worker_reading, worker)
    for container in joins:
        _read_joining(worker_reading, container, leader)
    conversion.warnings += _new_warnings(conversion, worker_reading)
    conversion.workload.uses_ray |= worker_reading.workload.uses_ray
    _Comparison(conversion, worker_reading, leader, worker).compare(has_command=not joins)


def _reading_of(conversion: Conversion) -> Conversion:
    """A conversion of the workers alone."""
    found = Conversion(conversion.catalog, conversion.wishes, conversion.inputs, conversion.secrets)
    found.objects = conversion.objects
    mine, theirs = conversion.workload, found.workload
    theirs.name, theirs.group_size = mine.name, mine.group_size
    theirs.engine, theirs.version = mine.engine, mine.version
    for key in ("labels", "annotations"):
        found.draft.put(key, conversion.draft.get(key) or {})
    for key in ("hostPath", "pvc", "image", "huggingface", "modelscope"):
        if value := conversion.draft.get(f"model.source.{key}"):
            found.draft.put(f"model.source.{key}", value)
    return found


def _only_joins(container: Fields) -> bool:
    """Whether the container starts Ray or nothing at all, and no engine of its own."""
    words = {"command": container.get("command"), "args": container.get("args")}
    return not container_runs_engine(words)


def _settle_joining(container: Fields) -> None:
    for key in ("command", "args"):
        container.at(key).implied(_JOINS)


def _read_joining(reading: Conversion, container: Fields, leader: Fields) -> None:
    """What a container has that starts no engine: its variables and its image."""
    entries = env_entries(container.items("env"))
    read_environment(reading, entries, variables_of(entries))
    images = [each.text("image") for each in leader.items("spec", "containers")]
    image = container.at("image")
    if image.text() in images:
        image.implied(_SAME)
    image.dropped("workers run the leader's image", "use one image for both")


def _imply_same(leader: Fields, worker: Fields) -> None:
    """Equal settings of pod and container, but for commands: those are read."""
    worker.at("spec", "containers", 0, "name").implied(_SAME)
    worker.at("metadata").implied_where_equal(leader.at("metadata"), _SAME)


def _new_warnings(conversion: Conversion, other: Conversion) -> list[Problem]:
    known = {(each.message, each.hint) for each in conversion.warnings}
    return [each for each in other.warnings if (each.message, each.hint) not in known]


_ALIKE = ("model", "parallelism", "engine.image", "engine.version", "engine.port")


@dataclass(frozen=True)
class _Comparison:
    """Two readings: of the leader, which is the profile's, and of the workers."""

    conversion: Conversion
    other: Conversion
    leader: Fields
    worker: Fields

    def compare(self, *, has_command: bool) -> None:
        """Puts what differs into `roles`, and corrects the rows."""
        if has_command:
            self.by_name(("engine", "args"))
        for names in (("engine", "env"), ("fabric", "env")):
            self.by_name(names)
        self.as_whole(("engine", "resources"))
        for key in _OF_ROLES:
            self.as_whole(("pod", key))
        if self.other.workload.devices not in (None, self.conversion.workload.devices):
            message = "leader and workers have different numbers of devices"
            self.conversion.warn(self.worker, message, "check accelerator.count: one for all pods")
        for key in self.unlike():
            _rename(self.worker, key, "")

    def by_name(self, names: tuple[str, ...]) -> None:
        """Flags or variables: equal ones stand once, others by role."""
        draft = self.conversion.draft
        mine, theirs = draft.get(names) or {}, self.other.draft.get(names) or {}
        for name, value in theirs.items():
            if name not in mine or mine[name] != value:
                place = ("roles", "worker", "engine", names[-1], name)
                draft.put(place, value)
                _rename(self.worker, dotted((*names, name)), dotted(place))
        for name in [each for each in mine if each not in theirs and names[-1] == "env"]:
            place = ("roles", "leader", "engine", "env", name)
            draft.put(place, mine[name])
            draft.remove((*names, name))
            _rename(self.leader, dotted((*names, name)), dotted(place))

    def as_whole(self, names: tuple[str, ...]) -> None:
        """A section that a role has as a whole."""
        draft = self.conversion.draft
        mine, theirs = draft.get(names), self.other.draft.get(names)
        if mine == theirs:
            return
        if theirs is not None:
            draft.put(("roles", "worker", *names), theirs)
            _rename(self.worker, dotted(names), dotted(("roles", "worker", *names)))
        if mine is not None and names[0] == "pod":
            draft.remove(names)
            draft.put(("roles", "leader", *names), mine)
            _rename(self.leader, dotted(names), dotted(("roles", "leader", *names)))

    def unlike(self) -> list[str]:
        """Keys that all pods of a group share, and that the workers have otherwise."""
        found = []
        for key in _ALIKE:
            theirs = self.other.draft.get(key)
            for path in leaves(theirs) if isinstance(theirs, dict) else [()]:
                full = ".".join((key, *map(str, path)))
                known = self.conversion.draft.get(full)
                if known is not None and self.other.draft.get(full) not in (None, known):
                    found.append(full)
        return found


def _rename(template: Fields, key: str, new: str) -> None:
    """Rows of a template that went to `key`, or below it, went to `new`, or nowhere."""
    rows = template.ledger.rows
    for path in places(template):
        rows[path] = [_renamed(row, key, new) for row in rows.get(path, [])]


def _renamed(row: Row, key: str, new: str) -> Row:
    if row.key != key and not row.key.startswith((f"{key}.", f"{key}[")):
        return row
    if not new:
        return replace(row, outcome="dropped", key="", note="the leader's is taken")
    return replace(row, key=new + row.key.removeprefix(key))
