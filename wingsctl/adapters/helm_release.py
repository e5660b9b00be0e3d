"""What helm keeps of one release, and the commands that take it back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wingsctl.adapters.helm import Helm, Upgrade
from wingsctl.adapters.yaml_files import parse_objects
from wingsctl.errors import ToolError

SERVED = ("deployed", "superseded")
"""The states of revisions that helm itself would go back to."""


@dataclass(frozen=True)
class Revision:
    """One entry of `helm history`."""

    number: int
    status: str


def is_installed(history: Sequence[Revision]) -> bool:
    """False before the first install, and after an uninstall that kept the history."""
    return bool(history) and history[-1].status != "uninstalled"


class HelmRelease:
    """The release that an upgrade is about, through one helm."""

    def __init__(self, helm: Helm, upgrade: Upgrade) -> None:
        self._helm = helm
        self._upgrade = upgrade
        self.name = upgrade.release

    def history_command(self) -> list[str]:
        """Lists the revisions, for people."""
        return [self._helm.path, "history", self.name, *self._upgrade.place]

    def history(self) -> list[Revision]:
        """Oldest first; empty where there is no such release.

        Raises ToolError where the cluster does not answer.
        """
        try:
            entries = json.loads(self._ask("history", self.name, "-o", "json"))
            return [Revision(int(each["revision"]), str(each["status"])) for each in entries]
        except ToolError as error:
            if "release: not found" in error.message:
                return []
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise ToolError("helm history does not answer with a list of revisions") from error

    def kept_values(self) -> str | None:
        """The values, as JSON, that an upgrade without any takes over; None without."""
        history = self.history()
        deployed = [each for each in history if each.status == "deployed"]
        if not is_installed(history):
            return None
        number = str((deployed or history)[-1].number)
        text = self._ask("get", "values", self.name, "--revision", number, "-o", "json").strip()
        return text if text not in ("", "null") else None

    def objects(self) -> list[dict[str, Any]]:
        """What helm has applied last."""
        return parse_objects(self._ask("get", "manifest", self.name))

    def undo_command(self, before: Sequence[Revision]) -> list[str] | None:
        """As helm's own: back to the last revision that served, and away with a first install.

        None where there was a release, but no revision of it ever served.
        """
        place = self._upgrade.place
        if not is_installed(before):
            return [self._helm.path, "uninstall", self.name, *place]
        served = [each.number for each in before if each.status in SERVED]
        if not served:
            return None
        return [self._helm.path, "rollback", self.name, str(served[-1]), *place]

    def _ask(self, *arguments: str) -> str:
        return self._helm.ask(*arguments, *self._upgrade.place)
