"""Take a failed install back, as helm does where it waits itself."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence

from wingsctl.actions.install_steps import Steps
from wingsctl.adapters.helm import check_helm
from wingsctl.adapters.helm_release import HelmRelease, Revision, is_installed
from wingsctl.errors import ToolError

Waiter = Callable[[], None]


def undo_install(
    release: HelmRelease, before: Sequence[Revision], steps: Steps, wait: Waiter
) -> list[str]:
    """Roll back to the last revision that served, or uninstall a first install.

    `before` is the history from before the install; `wait` waits for what is rolled back.
    Returns lines for people; never raises, for there is a failure to report already.
    """
    command = release.undo_command(before)
    try:
        made = _made(release.history(), before)
        if not made:
            return []
        if len(made) > 1:
            return [f"revision {made[-1].number} is not ours: nothing is rolled back"]
        if command is None:
            return ["no earlier revision ever served: there is nothing to roll back to"]
        check_helm(steps.helm(command))
    except ToolError as error:
        shown = f"; run: {shlex.join(command)}" if command else ""
        return [f"not rolled back: {error.message}{shown}", *error.hint.splitlines()]
    if not is_installed(before):
        return [f"the first install of {release.name} is uninstalled again"]
    return [f"{release.name} is rolled back to revision {command[3]}{_state(wait)}"]


def _state(wait: Waiter) -> str:
    try:
        wait()
    except ToolError as error:
        return f", but {error.message}"
    return ""


def _made(history: list[Revision], before: Sequence[Revision]) -> list[Revision]:
    latest = before[-1].number if before else 0
    return [each for each in history if each.number > latest]
