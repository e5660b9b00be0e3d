"""The `model` part of a profile: which model, from where, served under which name."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from wingsctl.catalog.base import (
    AbsolutePath,
    Count,
    DnsName,
    Model,
    QuantityText,
    RelativePath,
    Text,
)

AccessMode = Literal["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
HubRepository = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")]


class HostPath(Model):
    """A directory of the node."""

    path: AbsolutePath


class NewClaim(Model):
    """A PersistentVolumeClaim that the chart creates."""

    size: QuantityText
    storage_class_name: DnsName | None = None
    access_modes: list[AccessMode] = Field(default=["ReadWriteOnce"], min_length=1)


class Claim(Model):
    """An existing claim (`claimName`) or a new one (`create`)."""

    claim_name: DnsName | None = None
    create: NewClaim | None = None


class SecretKey(Model):
    """A key of an existing Secret; values never hold a secret itself."""

    name: DnsName
    key: Text = "token"


class EphemeralCache(Model):
    """A cache that lives as long as the pod."""

    size_limit: QuantityText | None = None


class Cache(Model):
    """Where a hub download is kept: with the pod, or in a claim."""

    ephemeral: EphemeralCache | None = None
    pvc: Claim | None = None


class HubSource(Model):
    """Weights that the engine itself downloads from a model hub."""

    repo: HubRepository | None = None
    revision: Text | None = None
    token_secret: SecretKey | None = None
    cache: Cache = Cache(ephemeral=EphemeralCache())


class ImageSource(Model):
    """An OCI image that holds the model, mounted as a volume (Kubernetes 1.35)."""

    reference: Text
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"


class Source(Model):
    """Exactly one place that the weights come from."""

    host_path: HostPath | None = None
    pvc: Claim | None = None
    huggingface: HubSource | None = None
    modelscope: HubSource | None = None
    image: ImageSource | None = None
    directory: RelativePath | None = None
    """Below the volume, which is mounted read-only at /models."""


class ChatTemplate(Model):
    """A chat template, written here or in a file beside the profile."""

    inline: Text | None = None
    file: Text | None = None


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


ServedNames = Annotated[
    list[Annotated[Text, StringConstraints(min_length=1)]],
    BeforeValidator(_one_or_many, json_schema_input_type=Text | list[Text]),
    Field(min_length=1),
]


class ModelSection(Model):
    """The model to serve."""

    name: Annotated[Text, StringConstraints(min_length=1)]
    config: Text | None = None
    """Path of the model's own config.json, for a model the catalog does not know."""
    source: Source | None = None
    served_name: ServedNames | None = None
    max_length: Count | None = None
    quantization: Text | None = None
    kv_cache_type: Text | None = None
    chat_template: ChatTemplate | None = None
