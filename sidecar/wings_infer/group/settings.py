"""What the environment decides for a pod of a group."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from wings_infer.environment import ADDRESS, read_variables, split_address, variable

WORKER_COMMAND = "--wings-worker-command"
"""The word of the arguments after which a worker's own command line comes."""
STOP_MARGIN_SECONDS = 4.0
"""From KILL until an engine can no longer connect (2 s), and a reserve (2 s)."""


@dataclass(frozen=True)
class GroupSettings:
    """Who this pod is in its group, and the protocol's constants; times in seconds."""

    size: int = variable("LWS_GROUP_SIZE", 1, "pods of the group; 2 or more make it one", 1)
    index: int = variable("LWS_WORKER_INDEX", 0, "index of this pod; 0 leads")
    leader: str = variable("LWS_LEADER_ADDRESS", "", "where the leader is; HOST or HOST:PORT")
    workers: str = variable("WINGS_WORKER_ADDRESS", "", "where worker {index} is")
    group: str = variable("WINGS_GROUP", "", "namespace/name of the group")
    number: int = variable("WINGS_GROUP_INDEX", 0, "number of the group in its release, for people")
    lower_leaders: tuple[str, ...] = variable(
        "WINGS_LOWER_LEADERS", (), "leaders of the groups that take their turn before this one"
    )
    pod: str = variable("POD_UID", "", "uid of this pod")
    name: str = variable("POD_NAME", "", "name of this pod, for people")
    node: str = variable("NODE_NAME", "", "name of its node, for people")
    template_values: str = variable("WINGS_TEMPLATE", "", "hash of what the pod was made from")
    revision: str = variable("WINGS_REVISION", "", "the label controller-revision-hash")
    hold: float = variable(
        "WINGS_GROUP_HOLD_SECONDS", 2.0, "a peer's GET waits this long for a change", 0.05
    )
    patience: float = variable(
        "WINGS_GROUP_ANSWER_SECONDS", 3.0, "without an answer for this long a peer is silent", 0.1
    )
    lease: float = variable(
        "WINGS_GROUP_LEASE_SECONDS", 12.0, "an engine outlives the last word of its leader by this", 1
    )
    stop: float = variable("WINGS_GROUP_STOP_SECONDS", 3.0, "from TERM to KILL of an engine of a group")
    form: float = variable(
        "WINGS_GROUP_FORM_SECONDS", 0.0, "from a start until the group runs; 0: the load deadline"
    )
    stall: float = variable(
        "WINGS_STALL_SECONDS", 120.0, "requests run and nothing moves for this long; 0: never", 0
    )
    progress: tuple[str, ...] = variable(
        "WINGS_ENGINE_PROGRESS_METRICS", (), "counters of the engine that move while it works"
    )
    turn: float = variable("WINGS_TURN_SECONDS", 0.0, "after SIGTERM: how long to wait for the turn")
    turn_quiet: float = variable(
        "WINGS_TURN_QUIET_SECONDS", 10.0, "the lower groups must be quiet for this long"
    )
    turn_absent: float = variable(
        "WINGS_TURN_ABSENT_SECONDS", 60.0, "a lower group without a name for this long is gone"
    )

    @property
    def leads(self) -> bool:
        """This pod is the leader."""
        return self.index == 0

    @property
    def template(self) -> str:
        """Pods with another one never pair with this."""
        return f"{self.template_values}:{self.revision}"

    @property
    def fence(self) -> float:
        """After this an engine that nobody can see any more is gone."""
        return self.lease + self.stop + STOP_MARGIN_SECONDS

    def address(self, index: int, port: int) -> tuple[str, int]:
        """Host and port of a peer; `port` where the address names none."""
        pattern = self.workers.replace("{index}", str(index)) if index else self.leader
        return split_address(pattern, port)


def load_group_settings(environment: Mapping[str, str], problems: list[str]) -> GroupSettings | None:
    """Settings of a group, None for a pod that is alone; adds what is wrong to `problems`."""
    values = read_variables(GroupSettings, environment, problems)
    if problems or int(str(values.get("size", 1))) < 2:
        return None
    settings = GroupSettings(**values)  # type: ignore[arg-type]
    problems += _check(settings)
    return settings


def _check(settings: GroupSettings) -> list[str]:
    problems = []
    if settings.index >= settings.size:
        problems.append(f"LWS_WORKER_INDEX: {settings.index} is not below LWS_GROUP_SIZE")
    for name, value in (("WINGS_GROUP", settings.group), ("POD_UID", settings.pod)):
        if not re.fullmatch(r"[A-Za-z0-9._/-]{1,253}", value):
            problems.append(f"{name}: {value!r} is no name")
    if settings.leads and "{index}" not in settings.workers:
        problems.append("WINGS_WORKER_ADDRESS: the leader needs it, with {index} in it")
    addresses = {"WINGS_LOWER_LEADERS": settings.lower_leaders}
    addresses |= (
        {"WINGS_WORKER_ADDRESS": (settings.workers.replace("{index}", "1"),)}
        if settings.leads
        else {"LWS_LEADER_ADDRESS": (settings.leader,)}
    )
    for name, texts in addresses.items():
        problems += [f"{name}: {one!r} is no address" for one in texts if not ADDRESS.fullmatch(one)]
    if not settings.hold < settings.patience < settings.lease:
        problems.append("WINGS_GROUP_HOLD_SECONDS < ..ANSWER_SECONDS < ..LEASE_SECONDS does not hold")
    return problems


def argv_of_role(argv: tuple[str, ...], *, is_worker: bool) -> tuple[str, ...]:
    """The leader's command line, or the worker's where it has its own."""
    if WORKER_COMMAND not in argv:
        return argv
    at = argv.index(WORKER_COMMAND)
    return argv[at + 1 :] if is_worker else argv[:at]
