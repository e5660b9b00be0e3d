"""What a front door answers by itself, without a pod and without waking one."""

from __future__ import annotations

from wings_infer import __version__
from wings_infer.front_door.gate import DoorGate
from wings_infer.front_door.settings import FrontDoorSettings
from wings_infer.gateway.hub import Hub
from wings_infer.settings import Settings
from wings_infer.wire.answers import Answer, json_answer


def health(hub: Hub, gate: DoorGate) -> Answer:
    """200 while the door takes requests; says nothing about the pods but how many there are."""
    return json_answer(
        503 if hub.is_draining else 200,
        {
            "status": "draining" if hub.is_draining else "healthy",
            "backends": len(gate.backends),
            "waiting": len(gate.waiting),
        },
    )


def demand(gate: DoorGate) -> Answer:
    """What this replica knows of the demand for pods: every request that has no whole answer yet."""
    waiting, in_flight = len(gate.waiting), len(gate.in_flight)
    return json_answer(200, {"waiting": waiting, "inFlight": in_flight, "demand": waiting + in_flight})


def models(settings: Settings, door: FrontDoorSettings) -> Answer:
    """The names that the release serves, whether or not a pod is there."""
    names = door.names or ((settings.model_name,) if settings.model_name else ())
    listed = [
        {"id": name, "object": "model", "created": 0, "owned_by": settings.engine_type} for name in names
    ]
    return json_answer(200, {"object": "list", "data": listed})


def version(settings: Settings) -> Answer:
    """The engine's version, as far as it is known, and this program's."""
    return json_answer(
        200, {"version": settings.engine_version or "unknown", "wings_infer": __version__}
    )
