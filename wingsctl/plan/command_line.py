"""The engine's whole argv as a release will have it, for people to read and paste."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.plan.deployment import DeploymentPlan, RolePlan

_VARIABLE = re.compile(r"\$(\$|\((\w+)\))?")
_POD_VARIABLE = re.compile(r"\$\((\w+)\)")


def engine_argv(plan: DeploymentPlan, role: RolePlan | None = None) -> list[str]:
    """The tokens that the engine's container runs; `role`: of a pod of a group.

    What only a running pod knows stays `$(NAME)`.
    """
    known = _variables(plan)
    args = {**plan.engine.args, **(role.args if role else {})}
    command = [_expand(token, known) for token in plan.engine.command]
    flags = [
        token
        for flag in sorted(args)
        for token in _flag(f"--{flag}", args[flag], known, once=flag in plan.engine.repeatable)
    ]
    return [*_env_words(plan, role), *command, *plan.model.served_names[1:], *flags]


def options_of(argv: list[str]) -> list[list[str]]:
    """The same words for a shell, by option; what only the pod knows is `$NAME`."""
    options: list[list[str]] = [[]]
    for token in argv:
        if token.startswith("--") and options[-1]:
            options.append([])
        options[-1].append(_quoted(token))
    return options


def _quoted(token: str) -> str:
    if _POD_VARIABLE.search(token):
        return '"' + _POD_VARIABLE.sub(r"$\1", token) + '"'
    return shlex.quote(token)


def _variables(plan: DeploymentPlan) -> dict[str, str]:
    """Those that are the same in each release; on the node's network each group has its ports."""
    ports = {} if plan.pod.get("hostNetwork") and plan.group else _ports(plan)
    return {
        **ports,
        "ENGINE_TYPE": plan.engine.profile.name,
        "MODEL_NAME": plan.model.served_names[0],
        "MODEL_PATH": plan.model.path,
        "TP_SIZE": str(plan.parallel.tensor),
        "MAX_MODEL_LEN": str(plan.model.max_length),
        "LWS_GROUP_SIZE": str(plan.profile.nodes),
        "WINGS_LOAD_DEADLINE_SECONDS": str(plan.time.load_deadline),
    }


def _ports(plan: DeploymentPlan) -> dict[str, str]:
    engine = {"ENGINE_PORT": str(plan.engine.port)}
    if plan.group is None:
        return engine
    return {
        **engine,
        "WINGS_RENDEZVOUS_PORT": str(plan.group.rendezvous_port),
        "WINGS_DATA_PARALLEL_PORT": str(plan.group.data_parallel_port),
    }


def _expand(text: str, known: Mapping[str, str]) -> str:
    """As Kubernetes does: `$(NAME)` of what is known, `$$` as `$`."""

    def value(found: re.Match[str]) -> str:
        if found[1] == "$":
            return "$"
        return known.get(found[2], found[0]) if found[2] else found[0]

    return _VARIABLE.sub(value, text)


def _flag(flag: str, value: Any, known: Mapping[str, str], *, once: bool) -> Iterator[str]:
    """As the chart writes it: a switch, a value, a list, or JSON."""
    if value is None or value is False:
        return
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from [flag] if once or place == 0 else []
            yield _literal(item)
        return
    yield flag
    if isinstance(value, dict) and "expand" in value:
        yield _expand(str(value["expand"]), known)
    elif value is not True:
        yield _literal(value)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _env_words(plan: DeploymentPlan, role: RolePlan | None) -> list[str]:
    """Literal variables of one role, where one template serves both."""
    if role is None or not role.env or (plan.group and plan.group.is_split):
        return []
    return ["env", *(f"{name}={_literal(role.env[name])}" for name in sorted(role.env))]
