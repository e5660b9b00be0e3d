"""One conversion: the inputs, the profile that is being built, and what is known on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import EngineProfile
from wingsctl.convert.draft_profile import DraftProfile, ProfileKey, split_key
from wingsctl.convert.fields import Fields
from wingsctl.convert.report import Outcome, Row
from wingsctl.convert.secret_texts import SecretTexts
from wingsctl.convert.words import Variable
from wingsctl.documents import Problem, dotted


@dataclass(frozen=True)
class Wishes:
    """What the person at the terminal says beside the input; empty means what the input says."""

    name: str = ""
    model: str = ""
    engine: str = ""
    accelerator: str = ""
    only: str = ""
    """Name of the one workload to convert."""


@dataclass
class Mount:
    """A path of the engine's container and the volume below it."""

    path: str
    fields: Fields
    """The entry of volumeMounts, or what stands for it."""
    volume: Fields
    """The entry of volumes; its data is None where there is none."""
    sub_path: str = ""


@dataclass
class Workload:
    """What is read of the workload and decided only when all of it is known."""

    kind: str = ""
    in_kubernetes: bool = True
    """A command or a compose file gets variables from its surroundings, a pod does not."""
    name: str = ""
    namespace: str = ""
    pod_labels: dict[str, Any] = field(default_factory=dict)
    engine: EngineProfile | None = None
    image: str = ""
    """The engine's, as the input has it."""
    version: str = ""
    """The engine's, empty where the input does not give it."""
    model: str = ""
    """As the engine takes it: a hub's repository or a path."""
    model_fields: Fields | None = None
    model_part: str = ""
    is_placed: bool = False
    """The model's name and source are in the profile."""
    served_names: list[str] = field(default_factory=list)
    short_name: str = ""
    """The model's name where the engine's command does not give one, such as MODEL_NAME."""
    cache_dirs: set[str] = field(default_factory=set)
    """Where the engine keeps downloads, as flags and variables give it."""
    mounts: list[Mount] = field(default_factory=list)
    devices: int | None = None
    """Devices per pod, where the input gives them."""
    resource: str = ""
    """Extended resource of the devices."""
    hints: list[tuple[str, str]] = field(default_factory=list)
    """What may name the accelerator: label key (or ""), value."""
    uses_ray: bool = False
    spreads_experts: bool = False
    group_size: int | None = None
    """Pods of one group, where the input gives them."""
    exported: dict[str, Variable] = field(default_factory=dict)
    """Variables that scripts set for the engine."""
    ports: set[str] = field(default_factory=set)
    """Numbers and names of the port that the engine answers on."""


class Conversion:
    """Collects the profile, the rows (in the readers) and the warnings."""

    def __init__(
        self, catalog: Catalog, wishes: Wishes, inputs: Sequence[Fields], secrets: SecretTexts
    ) -> None:
        self.catalog = catalog
        self.wishes = wishes
        self.inputs = list(inputs)
        self.draft = DraftProfile()
        self.workload = Workload()
        self.warnings: list[Problem] = []
        self.read_names: set[str] = set()
        """Names of the ConfigMaps of which a file was read."""
        self._revisions: dict[str, tuple[str, str]] = {}
        self.objects: list[Fields] = []
        """All objects of the input, those of lists one by one."""
        self.secrets = secrets
        for each in inputs:
            self.secrets.add_data(each.data)

    def carry(
        self, fields: Fields, key: ProfileKey, value: Any = None, note: str = "", *, part: str = ""
    ) -> bool:
        """Puts the value (by default the field's own) under a key; the row says what happened."""
        shown = dotted(split_key(key))
        reason = self.refusal(key, fields.data if value is None else value)
        if reason is None:
            fields.carried(shown, note, part=part)
        else:
            fields.dropped(*reason, part=part)
        return reason is None

    def change(
        self,
        fields: Fields,
        key: ProfileKey,
        value: Any,
        note: str,
        remedy: str = "",
        *,
        part: str = "",
    ) -> bool:
        """As carry, of a value that is not the field's own."""
        reason = self.refusal(key, value)
        if reason is None:
            fields.changed(dotted(split_key(key)), note, remedy, part=part)
        else:
            fields.dropped(*reason, part=part)
        return reason is None

    def refusal(self, key: ProfileKey, value: Any) -> tuple[str, str] | None:
        """Puts a value under a key; why it was not put and what to do, None where it was."""
        if self.secrets.holds_secret(value):
            return "holds a literal secret", SECRET_REMEDY
        if not self.draft.put(key, value):
            shown = dotted(split_key(key))
            return f"{shown} has another value already, from elsewhere", "keep one of the two"
        return None

    def file(self, path: str) -> Fields | None:
        """A file of the engine's container, where a ConfigMap of the input has its text."""
        for mount in self.workload.mounts:
            name = mount.volume.text("configMap", "name")
            inside = _inside(path, mount)
            if name and inside:
                return self._config_file(name, inside, mount)
        return None

    def _config_file(self, name: str, file: str, mount: Mount) -> Fields | None:
        items = mount.volume.items("configMap", "items")
        keys = {each.text("path"): each.text("key") for each in items}
        for each in self.objects:
            if each.text("kind") == "ConfigMap" and each.text("metadata", "name") == name:
                found = each.at("data", keys.get(file, file))
                self.read_names.add(name)
                return found if isinstance(found.data, str) else None
        return None

    def warn(self, fields: Fields, message: str, hint: str = "") -> None:
        """A warning at a field of the input."""
        found = fields.ledger.document.problem(fields.path, message, hint, severity="warning")
        self.warnings.append(replace(found, line=found.line + fields.line))

    def refer_to_secret(self, fields: Fields, purpose: str, key: str = "token") -> dict[str, str]:
        """The reference that takes a literal secret's place: `{name, key}`.

        Warns with the command that creates the Secret; the value is in neither.
        """
        name = f"{self.object_name()}-{slug(purpose)}"
        self.warn(
            fields,
            f"holds a secret: the profile refers to the key {key} of the Secret {name}",
            f'read -rs V && printf %s "$V" | kubectl create secret generic {name} '
            f"--from-file={key}=/dev/stdin",
        )
        return {"name": name, "key": key}

    def object_name(self) -> str:
        """The profile's name as far as it is known."""
        return slug(self.wishes.name or self.workload.name or self.workload.model) or "model"

    def revise(self, key: str, note: str, remedy: str = "") -> None:
        """What went to a key went elsewhere in the end, or nowhere; changes its rows."""
        self._revisions[key] = (note, remedy)

    def rows(self) -> list[Row]:
        """The rows of all inputs; what nothing has read is dropped as unknown."""
        ledgers = {id(each.ledger): each.ledger for each in self.inputs}
        return [self._revised(row) for ledger in ledgers.values() for row in ledger.finish()]

    def _revised(self, row: Row) -> Row:
        revision = self._revisions.get(row.key)
        if revision is None:
            return row
        key = row.key if self.draft.get(row.key) is not None else ""
        outcome: Outcome = "changed" if key else "dropped"
        return replace(row, outcome=outcome, key=key, note=revision[0], remedy=revision[1])


def _inside(path: str, mount: Mount) -> str:
    """The path below a mount, empty where it is not there."""
    if mount.sub_path:
        return mount.sub_path if path == mount.path else ""
    prefix = mount.path.rstrip("/") + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else ""


SECRET_REMEDY = "put it into a Secret and refer to that: {valueFrom: {secretKeyRef: ...}}"  # noqa: S105


def slug(text: str, longest: int = 40) -> str:
    """A release name out of any text: lower-case letters, digits, dashes; a letter first."""
    last = text.rstrip("/").rsplit("/", 1)[-1].lower()
    words = re.sub(r"[^a-z0-9]+", "-", last).strip("-")
    words = re.sub(r"^[^a-z]+", "", words)
    return words[:longest].strip("-")
