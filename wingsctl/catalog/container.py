"""What is written about a container: image, resources, environment, arguments."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, StringConstraints, Tag

from wingsctl.catalog.base import EnvName, FlagName, Model, Quantity, ResourceName, Text


class Image(Model):
    """A container image; `digest` wins over `tag`."""

    repository: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][A-Za-z0-9._:/-]*$")] | None = (
        None
    )
    tag: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")] | None
    ) = None
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Resources(Model):
    """Kubernetes resource requests and limits."""

    requests: dict[ResourceName, Quantity] = {}
    limits: dict[ResourceName, Quantity] = {}


class KeyRef(Model):
    """A key of a Secret or a ConfigMap."""

    name: str
    key: str
    optional: bool | None = None


class FieldRef(Model):
    """A field of the pod (`status.podIP`)."""

    field_path: str
    api_version: str | None = None


class ResourceFieldRef(Model):
    """A resource of a container (`limits.memory`)."""

    resource: str
    container_name: str | None = None
    divisor: Quantity | None = None


class EnvSource(Model):
    """Kubernetes' `valueFrom`."""

    secret_key_ref: KeyRef | None = None
    config_map_key_ref: KeyRef | None = None
    field_ref: FieldRef | None = None
    resource_field_ref: ResourceFieldRef | None = None


class EnvFrom(Model):
    """An environment value that Kubernetes looks up."""

    value_from: EnvSource


class Expanded(Model):
    """Text in which Kubernetes expands `$(NAME)`; everything else is literal."""

    expand: Text


def _env_kind(value: Any) -> str:
    if isinstance(value, dict):
        return "expand" if "expand" in value else "valueFrom"
    return (
        "valueFrom"
        if isinstance(value, EnvFrom)
        else ("expand" if isinstance(value, Expanded) else "literal")
    )


EnvValue = Annotated[
    Annotated[Text | bool | int | float, Tag("literal")]
    | Annotated[EnvFrom, Tag("valueFrom")]
    | Annotated[Expanded, Tag("expand")],
    Discriminator(_env_kind),
]
Env = dict[EnvName, EnvValue]

Scalar = Text | bool | int | float
ArgValue = Scalar | list[Scalar] | dict[str, Any] | None
Args = dict[FlagName, ArgValue]
"""Flag without leading dashes -> value; true is a bare flag, false and null none."""
