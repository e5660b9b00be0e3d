"""What the environment decides for a front door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wings_infer.environment import ADDRESS, read_variables, split_address, variable

MODE = "front-door"
MIB = 1024 * 1024


@dataclass(frozen=True)
class FrontDoorSettings:
    """Where the pods are, and how much is held for how long; times in seconds, sizes in bytes."""

    mode: str = variable("WINGS_MODE", "pod", "pod: beside an engine; front-door: before all pods")
    backends: str = variable(
        "WINGS_BACKENDS", "", "name whose addresses are the ready pods; HOST or HOST:PORT"
    )
    refresh: float = variable(
        "WINGS_BACKENDS_REFRESH_SECONDS", 1.0, "time between two looks at that name", 0.05
    )
    aside: float = variable(
        "WINGS_BACKENDS_ASIDE_SECONDS",
        2.0,
        "a pod that could not be reached or took nothing gets nothing for this long",
        0.05,
    )
    ca: Path | None = variable(
        "WINGS_BACKENDS_CA_FILE",
        None,
        "pods speak TLS, with a certificate of this file; plain when unset",
    )
    tls_name: str = variable(
        "WINGS_BACKENDS_TLS_NAME", "", "name their certificate must be for; any when empty"
    )
    hold: float = variable("WINGS_HOLD_SECONDS", 600.0, "how long a request waits for a ready pod")
    hold_bytes: int = variable(
        "WINGS_HOLD_BYTES", 256 * MIB, "heads and bodies that are kept, of all requests together"
    )
    names: tuple[str, ...] = variable(
        "WINGS_MODEL_NAMES", (), "served model names for /v1/models; MODEL_NAME alone when unset"
    )

    def address(self, port: int) -> tuple[str, int]:
        """Name and port of the pods; `port` where none is named."""
        return split_address(self.backends, port)


def load_front_door_settings(
    environment: Mapping[str, str], problems: list[str]
) -> FrontDoorSettings | None:
    """Settings of a front door, None for a pod; adds what is wrong to `problems`."""
    values = read_variables(FrontDoorSettings, environment, problems)
    mode = values.get("mode", "pod")
    if mode not in {"pod", MODE}:
        problems.append(f"WINGS_MODE: neither pod nor {MODE}")
    if mode != MODE:
        return None
    settings = FrontDoorSettings(**values)  # type: ignore[arg-type]
    if not ADDRESS.fullmatch(settings.backends):
        problems.append(f"WINGS_BACKENDS: {settings.backends!r} is no address")
    if settings.tls_name and settings.ca is None:
        problems.append("WINGS_BACKENDS_TLS_NAME: without WINGS_BACKENDS_CA_FILE nobody asks for it")
    return settings
