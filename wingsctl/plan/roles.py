"""What the leader of a group and its workers differ in."""

from __future__ import annotations

from typing import Any

from wingsctl.catalog.base import quantity_value
from wingsctl.catalog.container import Resources
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.profile import Profile, Role, Roles
from wingsctl.plan.deployment import RolePlan
from wingsctl.plan.draft import Draft, plain
from wingsctl.plan.engine_args import check_args
from wingsctl.plan.environment import check_engine_env
from wingsctl.plan.owned_names import check_pod_names
from wingsctl.plan.parts import Parts
from wingsctl.plan.pod import check_tolerations, role_pod

ROLES = ("leader", "worker")


def is_split(roles: Roles) -> bool:
    """Whether one pod template cannot serve both roles.

    It can where only arguments and literal variables differ: those are in the command.
    """
    both = (roles.leader, roles.worker)
    return any(_has_settings(role) or _is_looked_up(role.engine.env) for role in both)


def _has_settings(role: Role) -> bool:
    return bool(role.pod.model_fields_set or role.engine.resources.model_fields_set)


def _is_looked_up(env: dict[str, Any]) -> bool:
    return any(isinstance(plain(value), dict) for value in env.values())


def check_roles(draft: Draft, profile: Profile, engine: EngineProfile, version: str) -> None:
    """The same checks for each role as for what all pods have."""
    for name in ROLES:
        role: Role = getattr(profile.roles, name)
        path = ("roles", name, "engine")
        check_args(draft, engine, version, role.engine.args, (*path, "args"))
        check_engine_env(draft, engine, role.engine.env, (*path, "env"))
        _check_devices(draft, name, role.engine.resources)
        check_pod_names(draft, role.pod, ("roles", name, "pod"))
        check_tolerations(draft, role.pod, ("roles", name, "pod"))


def _check_devices(draft: Draft, name: str, resources: Resources) -> None:
    for side in ("requests", "limits"):
        for resource in getattr(resources, side):
            if "/" in resource:
                draft.refuse(
                    ("roles", name, "engine", "resources", side, resource),
                    "devices are the same in every pod of a group",
                    "use accelerator.count and fabric.rdma",
                )


def resolve_role(
    draft: Draft,
    profile: Profile,
    parts: Parts,
    name: str,
    given: dict[str, Any],
    common: dict[str, Any],
) -> RolePlan:
    """One role; `given` are the arguments that the engine itself wants for it.

    `common` are the engine's resources in both roles.
    """
    role: Role = getattr(profile.roles, name)
    args = {**role.engine.args, **given}
    env = plain(role.engine.env)
    key = f"roles.{name}.engine"
    for flag, value in args.items():
        source = draft.sources["engine"] if flag in given else draft.line("roles", name)
        draft.decide(f"{key}.args.{flag}", value, source)
    for variable, value in env.items():
        draft.decide(f"{key}.env.{variable}", value, draft.line("roles", name))
    resources = _resources(draft, name, role, common)
    pod = role_pod(draft, profile, role.pod, parts.card, parts.fabric)
    for setting, value in pod.items():
        draft.decide(f"roles.{name}.pod.{setting}", value, draft.line("roles", name))
    return RolePlan(args, env, resources, pod)


def _resources(draft: Draft, name: str, role: Role, common: dict[str, Any]) -> dict[str, Any]:
    """What the role writes, checked against what it leaves as it is."""
    own: dict[str, Any] = {
        side: dict(getattr(role.engine.resources, side))
        for side in ("requests", "limits")
        if getattr(role.engine.resources, side)
    }
    requests = {**common["requests"], **own.get("requests", {})}
    limits = {**common["limits"], **own.get("limits", {})}
    for side, values in own.items():
        for resource, value in values.items():
            draft.decide(
                f"roles.{name}.engine.resources.{side}.{resource}", value,
                draft.line("roles", name),
            )  # fmt: skip
            request, limit = requests.get(resource), limits.get(resource)
            if request and limit and quantity_value(request) > quantity_value(limit):
                draft.refuse(
                    ("roles", name, "engine", "resources", side, resource),
                    f"makes a request of {request} above a limit of {limit}",
                    "write both, or change the other",
                )
    return own
