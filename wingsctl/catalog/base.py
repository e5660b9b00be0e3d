"""The strict base of everything people write, and its constrained scalars."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """Unknown keys are refused, types are not coerced, keys are camelCase.

    Strict because a silently converted value (`version: 1.10` read as 1.1) reaches
    a cluster long before anybody notices.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, validate_by_name=True
    )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Itself, as it is frozen; pydantic would copy the default of a section for each parent."""
        return self


_NOT_FOR_HELM = re.compile("[\x7f-\x9f\ufffe\uffff]")


def _printable(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character, which no process argument can carry")
    if found := _NOT_FOR_HELM.search(text):
        raise ValueError(f"holds U+{ord(found[0]):04X}, a control character that helm 3 refuses")
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("holds half of a surrogate pair, which is not valid text")
    return text


Text = Annotated[str, AfterValidator(_printable)]
DnsLabel = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)
]
ReleaseName = Annotated[
    str, StringConstraints(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?$", max_length=40)
]
DnsName = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        max_length=253,
    ),
]
LabelKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        max_length=317,
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")
]
EnvName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]
FlagName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
FormatName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
ResourceName = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9][-A-Za-z0-9_.]*$"),
]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+([.-]?[a-z]+[0-9]*)?$")]


Vendor = Literal["nvidia", "amd", "intel", "huawei", "cpu"]


class VersionRange(Model):
    """From `since` (inclusive) up to `before` (exclusive); a missing end is open."""

    since: Version | None = None
    before: Version | None = None


ChartVersion = Annotated[
    str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")
]
QUANTITY = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)(m|k|Ki|M|Mi|G|Gi|T|Ti|P|Pi|E|Ei)?$"
"""Without Kubernetes' exponents (1e3): the two helms do not agree on such a text."""
QuantityText = Annotated[str, StringConstraints(pattern=QUANTITY)]
Quantity = QuantityText | Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)]
Port = Annotated[int, Field(ge=1, le=65535)]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/"), AfterValidator(_printable)]
RelativePath = Annotated[str, StringConstraints(pattern=r"^[^/].*$"), AfterValidator(_printable)]
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=1, le=604800)]

_SUFFIXES = {
    "": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def quantity_value(quantity: str | float) -> float:
    """A Kubernetes quantity as a number of its base unit (bytes, cores, devices)."""
    if not isinstance(quantity, str):
        return float(quantity)
    found = re.match(r"^([0-9.]+)(?:([a-zA-Z]{1,2})|([eE][-+]?[0-9]+))?$", quantity)
    if found is None:
        raise ValueError(f"not a quantity: {quantity!r}")
    if found[3]:
        return float(found[1] + found[3])
    return float(found[1]) * _SUFFIXES[found[2] or ""]


_DNS_WORDS = "lower-case letters, digits, dashes and dots, as in a DNS name"
PATTERN_WORDS = {
    QUANTITY: "a quantity such as 500m, 2 or 8Gi",
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "lower-case letters and digits, with single dashes between them",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$": "lower-case letters, digits and dashes",
    r"^[a-z]([-a-z0-9]*[a-z0-9])?$": (
        "lower-case letters, digits and dashes, starting with a letter"
    ),
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$": _DNS_WORDS,
    r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$": (
        "as Kubernetes wants it: up to 63 letters, digits, -, _ and ., starting and ending with "
        "a letter or digit, and in front of it perhaps a lower-case domain and /"
    ),
    r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$": (
        "up to 63 letters, digits, -, _ and ., starting and ending with a letter or digit"
    ),
    r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9][-A-Za-z0-9_.]*$": (
        "a resource name such as memory or nvidia.com/gpu"
    ),
    r"^[0-9]+\.[0-9]+\.[0-9]+([.-]?[a-z]+[0-9]*)?$": "a version such as 0.11.0",
    r"^[0-9]+\.[0-9]+(\.[0-9]+)?$": "a version such as 2.20 or 2.20.1",
    r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$": (
        "a chart version such as 0.1.0"
    ),
    r"^[A-Za-z_][A-Za-z0-9_]*$": "an environment variable name (letters, digits, _)",
    r"^[A-Za-z0-9][A-Za-z0-9_.-]*$": "a flag name without leading dashes",
    r"^[a-z0-9][A-Za-z0-9._:/-]*$": "an image repository such as registry.example/team/vllm",
    r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$": "an image tag (letters, digits, -, _ and .)",
    r"^sha256:[0-9a-f]{64}$": "a digest: sha256: and 64 hexadecimal digits",
    r"^[0-9a-f]{7,64}$": "a commit: 7 to 64 hexadecimal digits",
    r"^[A-Z][A-Z0-9_]{1,15}$": "a type of number such as BF16",
    r"^[0-9]+(\.[0-9]+)?$": 'a number in quotes, such as "16"',
    r"^[0-9]+%$": "a whole number or a percentage such as 25%",
    r"^--": "a flag with its dashes, such as --batch",
    r"^/": "an absolute path",
    r"^(\*|https?://[^ ,]+)$": "* or an origin such as https://chat.example",
    r"^[^/].*$": "a path below the volume, without a leading /",
    r"^[A-Za-z0-9][\w.-]*/[\w.-]+$": "a hub repository: owner/name",
}
"""What a pattern stands for, in words for people."""
