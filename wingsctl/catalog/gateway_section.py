"""The `gateway` part of a profile: the wings-infer container in front of the engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wingsctl.catalog.base import Count, DnsName, Model, Seconds
from wingsctl.catalog.container import Env, Image, Resources
from wingsctl.catalog.model_section import SecretKey

Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[^ ,]+)$")]


class GatewayLimits(Model):
    """What the gateway takes on; beyond it clients get 413, 429 or 503 with Retry-After."""

    max_connections: Count | None = None
    """Client connections at once."""
    max_in_flight: Count | None = None
    """Requests at the engine at once."""
    max_waiting: Annotated[int, Field(ge=0)] | None = None
    """Requests that wait for a place."""
    max_wait_seconds: Seconds | None = None
    """How long one waits for a place."""
    max_body_bytes: Count | None = None
    """Size of a request's body."""
    first_byte_timeout_seconds: Seconds | None = None
    """Until the engine's reply begins."""
    idle_timeout_seconds: Seconds | None = None
    """A client connection without a request."""


class GatewayAuth(Model):
    """API keys, one a line, in a key of an existing Secret; read again when it changes."""

    secret: SecretKey
    """The Secret and its key."""


class GatewayTls(Model):
    """A Secret of type kubernetes.io/tls for port 9000; read again when it changes."""

    secret_name: DnsName
    """Secret of type kubernetes.io/tls."""


class GatewayCors(Model):
    """Origins whose pages may call the API."""

    origins: list[Origin] = Field(min_length=1)
    """Origins that may call from a browser."""


class GatewaySection(Model):
    """The gateway container in front of the engine."""

    image: Image = Image()
    """Where you pushed wings-infer."""
    resources: Resources = Resources()
    """CPU and memory of the gateway."""
    env: Env = {}
    """Further variables, for instance the optional ones of the sidecar contract."""
    limits: GatewayLimits = GatewayLimits()
    """Bounds on requests."""
    auth: GatewayAuth | None = None
    """API keys; without it everybody who reaches the port is let in."""
    tls: GatewayTls | None = None
    """HTTPS on port 9000."""
    cors: GatewayCors | None = None
    """Calls from browsers."""
    log: Literal["json", "text", "off"] | None = None
    """Form of the access log."""


LIMIT_VARIABLES: dict[str, str] = {
    "max_connections": "WINGS_MAX_CONNECTIONS",
    "max_in_flight": "WINGS_MAX_IN_FLIGHT",
    "max_waiting": "WINGS_MAX_WAITING",
    "max_wait_seconds": "WINGS_MAX_WAIT_SECONDS",
    "max_body_bytes": "WINGS_MAX_BODY_BYTES",
    "first_byte_timeout_seconds": "WINGS_FIRST_BYTE_TIMEOUT_SECONDS",
    "idle_timeout_seconds": "WINGS_IDLE_TIMEOUT_SECONDS",
}
"""The gateway's variable for each limit."""
