"""Health and status, as people and probes read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from wings_infer import __version__
from wings_infer.control.clock import uptime
from wings_infer.control.engine_output import read_last_failure, read_progress
from wings_infer.control.lifecycle import Lifecycle
from wings_infer.control.states import State
from wings_infer.group.control import GroupControl
from wings_infer.reports.group_status import group_status
from wings_infer.wire.answers import Answer, json_answer

_SECRET = re.compile(r"(?i)[-_](key|token|password|secret|credentials?)$")
HIDDEN = "***"


def health(lifecycle: Lifecycle) -> Answer:
    """200 only when a request would be served."""
    control = lifecycle.control
    is_ready = control.is_healthy
    body: dict[str, Any] = {
        "status": "healthy" if is_ready else str(control.state),
        "engine_ready": control.is_serving,
        "proxy_healthy": True,
    }
    if not is_ready:
        body["reason"] = lifecycle.explain()
    return json_answer(200 if is_ready else 503, body)


def livez() -> Answer:
    """This program answers; says nothing about the engine."""
    return json_answer(200, {"status": "alive"})


def short_status(lifecycle: Lifecycle) -> Answer:
    """What clients may know of the engine."""
    return json_answer(200, _short(lifecycle))


def full_status(lifecycle: Lifecycle) -> Answer:
    """What operators want to know of the engine."""
    control, settings = lifecycle.control, lifecycle.settings
    return json_answer(
        200,
        {
            **_short(lifecycle),
            "launch": control.launch,
            "engine_version": settings.engine_version,
            "model_path": settings.model_path,
            "tp_size": settings.tp_size,
            "max_model_len": settings.max_model_len,
            "argv": hide_secrets(settings.argv),
            "failures_in_a_row": control.failures,
            "problem": control.problem,
            "load_progress": _progress(lifecycle),
            "last_failure": read_last_failure(settings.shared_dir),
            "wings_infer_version": __version__,
            **({"group": group_status(control)} if isinstance(control, GroupControl) else {}),
        },
    )


def hide_secrets(argv: tuple[str, ...]) -> list[str]:
    """The command line without the values of flags that name a secret."""
    shown: list[str] = []
    for word in argv:
        flag, equals, _ = word.partition("=")
        if shown and shown[-1].startswith("--") and "=" not in shown[-1] and _SECRET.search(shown[-1]):
            shown.append(word if word.startswith("--") else HIDDEN)
        elif equals and flag.startswith("--") and _SECRET.search(flag):
            shown.append(f"{flag}={HIDDEN}")
        else:
            shown.append(word)
    return shown


def _short(lifecycle: Lifecycle) -> dict[str, Any]:
    control, settings = lifecycle.control, lifecycle.settings
    seconds = uptime() - control.since if control.since else 0.0
    return {
        "state": str(control.state),
        "since": f"{datetime.now(UTC) - timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}",
        "engine_ready": control.is_serving,
        "reason": lifecycle.explain(),
        "engine_type": settings.engine_type,
        "model": settings.model_name,
        "restarts": control.restarts,
    }


def _progress(lifecycle: Lifecycle) -> dict[str, Any] | None:
    if lifecycle.control.state is not State.LOADING:
        return None
    return read_progress(lifecycle.settings.shared_dir)
