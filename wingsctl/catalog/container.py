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
    """Registry and name, without tag."""
    tag: (
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")] | None
    ) = None
    """Tag; not used where a digest is given."""
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """`sha256:...`; wins over the tag."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the node pulls the image."""


class Resources(Model):
    """Kubernetes resource requests and limits."""

    requests: dict[ResourceName, Quantity] = {}
    """What the scheduler reserves."""
    limits: dict[ResourceName, Quantity] = {}
    """What the container may use at most."""


class KeyRef(Model):
    """A key of a Secret or a ConfigMap."""

    name: str
    """Name of the object."""
    key: str
    """Key in the object."""
    optional: bool | None = None
    """The pod starts although the object or key is missing."""


class FieldRef(Model):
    """A field of the pod (`status.podIP`)."""

    field_path: str
    """Path of the field, such as `status.podIP`."""
    api_version: str | None = None
    """API version that the path is written in."""


class ResourceFieldRef(Model):
    """A resource of a container (`limits.memory`)."""

    resource: str
    """The resource, such as `limits.memory`."""
    container_name: str | None = None
    """The container it belongs to."""
    divisor: Quantity | None = None
    """Unit that the value is divided by."""


class EnvSource(Model):
    """Kubernetes' `valueFrom`."""

    secret_key_ref: KeyRef | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyRef | None = None
    """A key of a ConfigMap."""
    field_ref: FieldRef | None = None
    """A field of the pod."""
    resource_field_ref: ResourceFieldRef | None = None
    """A resource of a container."""


class EnvFrom(Model):
    """An environment value that Kubernetes looks up."""

    value_from: EnvSource
    """Kubernetes' `valueFrom`: a Secret, a ConfigMap, a field or a resource."""


class Expanded(Model):
    """Text in which Kubernetes expands `$(NAME)`; everything else is literal."""

    expand: Text
    """Text in which Kubernetes expands `$(NAME)`."""


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
