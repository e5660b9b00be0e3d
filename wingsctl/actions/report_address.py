"""Where clients reach a release whose Service is of type LoadBalancer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wingsctl.adapters.kubectl import Kubectl
from wingsctl.errors import ToolError

LOOK_SECONDS = 2
"""Between two looks at the Service."""


@dataclass(frozen=True)
class Address:
    """One Service: its external address, empty as long as it has none, and its ports."""

    service: str
    address: str
    port: int | None
    node_port: int | None

    def without_address(self, kubectl: Kubectl) -> str:
        """How to reach it without the address."""
        by_node = f"port {self.node_port} of any node, or " if self.node_port else ""
        forward = kubectl.shown("port-forward", f"service/{self.service}", f"9000:{self.port}")
        return f"until then: {by_node}{forward}"


def read_addresses(kubectl: Kubectl, services: tuple[str, ...]) -> list[Address]:
    """The addresses of these Services now; raises ToolError with kubectl's message."""
    return [_address(each) for each in kubectl.read(["service"], *services)]


def await_addresses(
    kubectl: Kubectl,
    services: tuple[str, ...],
    end: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Address]:
    """Look until all have an address; raises ToolError when the clock has reached `end`."""
    while True:
        try:
            found, problem = read_addresses(kubectl, services), ""
        except ToolError as error:
            found, problem = [], error.message
        lacking = [each for each in found if not each.address]
        if found and not lacking:
            return found
        if clock() >= end:
            break
        sleep(min(LOOK_SECONDS, max(0.0, end - clock())))
    hints = [each.without_address(kubectl) for each in lacking] or [problem]
    raise ToolError(
        f"Service {' and '.join(services)} got no external address in time",
        hint="\n".join(["its pods are ready, and the release stays as it is", *hints]),
    )


def _address(service: dict[str, Any]) -> Address:
    spec, status = service["spec"], service.get("status", {})
    entries = status.get("loadBalancer", {}).get("ingress") or []
    found = [each.get("ip") or each.get("hostname") or "" for each in entries]
    port: dict[str, int] = next(iter(spec.get("ports", [])), {})
    address = next(iter([*filter(None, found), *spec.get("externalIPs", [])]), "")
    return Address(service["metadata"]["name"], address, port.get("port"), port.get("nodePort"))
