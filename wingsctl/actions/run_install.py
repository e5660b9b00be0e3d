"""Run a prepared install: helm, then the waiting that helm was not asked for."""

from __future__ import annotations

import os
import shlex
import time
from dataclasses import dataclass, field

from wingsctl.actions.await_release import Clock, await_release
from wingsctl.actions.explain_failure import INSTANCE, explain_failure, how_to_look
from wingsctl.actions.install_release import PreparedInstall
from wingsctl.actions.install_steps import Show, Steps
from wingsctl.actions.report_address import Address, await_addresses, read_addresses
from wingsctl.actions.undo_install import undo_install
from wingsctl.adapters.helm import check_helm
from wingsctl.adapters.helm_release import HelmRelease
from wingsctl.adapters.kubectl import Kubectl, find_kubectl, place_flags
from wingsctl.adapters.process import Runner, run_process
from wingsctl.documents import Problem
from wingsctl.errors import InterruptError, ToolError

_TYPE = ("service", "type")


@dataclass(frozen=True)
class InstallResult:
    """What was run, what helm printed, where clients reach it, and what only the cluster knew."""

    commands: list[list[str]]
    output: str
    addresses: list[Address]
    warnings: list[Problem]


def run_install(
    prepared: PreparedInstall,
    show: Show,
    *,
    capture: bool = False,
    run: Runner = run_process,
    clock: Clock = time.monotonic,
) -> InstallResult:
    """Run the command, wait, look for addresses; `show` gets each command before it runs.

    Raises ToolError, with the reasons of the cluster, where helm fails or the release does not
    become ready; InterruptError on Ctrl-C. An address that is missing is a warning, or an error
    where it is needed.
    """
    upgrade, steps = prepared.upgrade, Steps(run, show, capture=capture)
    kubectl = find_kubectl(os.environ, upgrade.namespace, upgrade.kube_context, run)
    release = HelmRelease(prepared.helm, upgrade)
    return _Install(prepared, steps, kubectl, release, clock).run()


@dataclass(frozen=True)
class _Install:
    prepared: PreparedInstall
    steps: Steps
    kubectl: Kubectl | None
    release: HelmRelease
    clock: Clock
    warnings: list[Problem] = field(default_factory=list)

    def run(self) -> InstallResult:
        try:
            end = self.clock() + (self.prepared.waiting.seconds or 0)
            output = self.apply()
            if self.kubectl and self.prepared.waiting.is_ours:
                end = self.clock() + (self.prepared.waiting.seconds or 0)
                self.wait(self.kubectl)
            addresses = self.addresses(self.kubectl, end) if self.kubectl else []
        except KeyboardInterrupt:
            raise self.interrupted() from None
        return InstallResult(self.steps.commands, output, addresses, self.warnings)

    def apply(self) -> str:
        done = self.steps.helm(self.prepared.command, self.prepared.text)
        try:
            check_helm(done)
        except ToolError as error:
            raise ToolError(
                error.message, hint="\n".join([error.hint, *self.after_helm()])
            ) from error
        return done.stdout

    def after_helm(self) -> list[str]:
        """Helm reports that time is over; only the cluster knows what was waited for."""
        upgrade = self.prepared.upgrade
        if not upgrade.waits:
            return []
        if self.kubectl and self.prepared.waiting.is_ours:
            return self.undo(self.kubectl) if upgrade.rollback_on_failure else []
        if self.kubectl is None:
            place = place_flags(os.environ, upgrade.namespace, upgrade.kube_context)
            return how_to_look(place, upgrade.release)
        return explain_failure(self.kubectl, upgrade.release, is_gone=upgrade.rollback_on_failure)

    def wait(self, kubectl: Kubectl) -> None:
        """Where pods fail they are asked why first: they go when the release is taken back."""
        waiting, upgrade = self.prepared.waiting, self.prepared.upgrade
        try:
            await_release(kubectl, waiting.objects, waiting.seconds or 0, self.steps, self.clock)
        except ToolError as error:
            lines = [error.hint, *explain_failure(kubectl, upgrade.release, is_gone=False)]
            lines += self.undo(kubectl) if upgrade.rollback_on_failure else self.left_alone()
            raise ToolError(error.message, hint="\n".join(filter(None, lines))) from error

    def undo(self, kubectl: Kubectl) -> list[str]:
        waiting = self.prepared.waiting

        def wait() -> None:
            objects = self.release.objects()
            await_release(kubectl, objects, waiting.seconds or 0, self.steps, self.clock)

        return undo_install(self.release, waiting.before, self.steps, wait)

    def left_alone(self) -> list[str]:
        name = self.prepared.upgrade.release
        return [
            f"{name} stays as it is; helm lists it as deployed, since kubectl waited",
            *self.how_to_undo(),
        ]

    def how_to_undo(self) -> list[str]:
        if not self.prepared.waiting.is_ours:
            return [f"its revisions: {shlex.join(self.release.history_command())}"]
        command = self.release.undo_command(self.prepared.waiting.before)
        return [f"undo it: {shlex.join(command)}"] if command else []

    def addresses(self, kubectl: Kubectl, end: float) -> list[Address]:
        services = self.prepared.waiting.services
        if not services or not self.prepared.upgrade.waits:
            return []
        if self.prepared.needs_address:
            self.steps.looking(kubectl.read_command(["service"], *services))
            return await_addresses(kubectl, services, end, self.clock)
        try:
            found = read_addresses(kubectl, services)
        except ToolError as error:
            message = "is LoadBalancer; whether it has an external address is not known"
            self.warn(message, error.message)
            return []
        for each in found:
            if not each.address:
                message = f"is LoadBalancer, but Service {each.service} has no external address yet"
                self.warn(message, each.without_address(kubectl))
        return found

    def warn(self, message: str, hint: str) -> None:
        self.warnings.append(self.prepared.chart.warning(_TYPE, message, hint))

    def interrupted(self) -> InterruptError:
        upgrade, lines = self.prepared.upgrade, []
        if self.steps.commands[1:]:
            lines.append(f"wait on: {shlex.join(self.steps.commands[-1])}")
        place = place_flags(os.environ, upgrade.namespace, upgrade.kube_context)
        look = ["kubectl", *place, "get", "pods", "-l", f"{INSTANCE}={upgrade.release}"]
        lines += [f"look at it: {shlex.join(look)}", *self.how_to_undo()]
        return InterruptError(
            f"interrupted; release {upgrade.release} is left as it is", hint="\n".join(lines)
        )
