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
    """Directory of the node, mounted read-only at /models."""


class NewClaim(Model):
    """A PersistentVolumeClaim that the chart creates."""

    size: QuantityText
    """Size of the claim."""
    storage_class_name: DnsName | None = None
    """StorageClass; by default the cluster's."""
    access_modes: list[AccessMode] = Field(default=["ReadWriteOnce"], min_length=1)
    """Access modes; several pods need ReadWriteMany."""


class Claim(Model):
    """An existing claim (`claimName`) or a new one (`create`)."""

    claim_name: DnsName | None = None
    """Name of an existing claim."""
    create: NewClaim | None = None
    """A claim that the chart creates."""


class SecretKey(Model):
    """A key of an existing Secret; values never hold a secret itself."""

    name: DnsName
    """Name of the Secret."""
    key: Text = "token"
    """Key in the Secret."""


class EphemeralCache(Model):
    """A cache that lives as long as the pod."""

    size_limit: QuantityText | None = None
    """Size; by default computed from the weights."""


class Cache(Model):
    """Where a hub download is kept: with the pod, or in a claim."""

    ephemeral: EphemeralCache | None = None
    """With the pod: downloaded again at each start of a pod."""
    pvc: Claim | None = None
    """In a claim: downloaded once."""


class HubSource(Model):
    """Weights that the engine itself downloads from a model hub."""

    repo: HubRepository | None = None
    """Repository, `owner/name`; by default the model's name."""
    revision: Text | None = None
    """Branch, tag or commit."""
    token_secret: SecretKey | None = None
    """Secret with the hub's token."""
    cache: Cache = Cache(ephemeral=EphemeralCache())
    """Where the download is kept."""


class ImageSource(Model):
    """An OCI image that holds the model, mounted as a volume (Kubernetes 1.35)."""

    reference: Text
    """Reference of the image."""
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = "IfNotPresent"
    """When the node pulls it."""


class Source(Model):
    """Exactly one place that the weights come from."""

    host_path: HostPath | None = None
    """A directory of the node; needs Pod Security level privileged."""
    pvc: Claim | None = None
    """A PersistentVolumeClaim that holds the model."""
    huggingface: HubSource | None = None
    """Download from Hugging Face."""
    modelscope: HubSource | None = None
    """Download from ModelScope."""
    image: ImageSource | None = None
    """An OCI image, mounted as a volume."""
    directory: RelativePath | None = None
    """Below the volume, which is mounted read-only at /models."""


class ChatTemplate(Model):
    """A chat template, written here or in a file beside the profile."""

    inline: Text | None = None
    """The template itself."""
    file: Text | None = None
    """A file, relative to the profile."""


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


ServedNames = Annotated[
    list[Annotated[Text, StringConstraints(min_length=1)]],
    BeforeValidator(_one_or_many, json_schema_input_type=Text | list[Text]),
    Field(min_length=1),
]


Parser = bool | Annotated[Text, StringConstraints(min_length=1)]


class ModelSection(Model):
    """The model to serve."""

    name: Annotated[Text, StringConstraints(min_length=1)]
    """Catalog name, short alias or hub repository id."""
    config: Text | None = None
    """Path of the model's own config.json, or its directory: for one the catalog does not know."""
    source: Source | None = None
    """Where the weights come from; by default Hugging Face with an ephemeral cache."""
    served_name: ServedNames | None = None
    """Name or names that the API answers to; by default the model's."""
    max_length: Count | None = None
    """Longest request in tokens, prompt and answer together.

    By default what fits; the engine decides where the model's own length is not known.
    """
    quantization: Text | None = None
    """Quantization method, in the engine's word."""
    kv_cache_type: Text | None = None
    """Data type of the KV cache, in the engine's word."""
    tool_calls: Parser = False
    """Tool calls in chats: `true` takes the model's own parser, a text names one."""
    reasoning: Parser = False
    """Thoughts apart from answers: `true` takes the model's own parser, a text names one."""
    chat_template: ChatTemplate | None = None
    """Chat template instead of the model's own; literal."""
