"""docs/reference/profile.md: every key of a profile."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

from field_docs import field_docs
from pydantic import BaseModel, BeforeValidator, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from wingsctl.catalog import base, container, operations, pod
from wingsctl.catalog.base import PATTERN_WORDS, Model
from wingsctl.catalog.profile import Profile

HEAD = """# The profile

Generated from the models by `make generate`; do not edit.

One file (`*.wings.yaml`) describes one deployment. Required are `wingsctl`, `name`, `model`,
`engine` and `accelerator`; `wingsctl plan` prints the value and the source of everything else.
`model`, `engine`, `accelerator` and `fabric` may be written as a plain name. Unknown keys are
refused, and types are not converted: a number where a text is expected needs quotes.

"""
TAIL = """## Values of `args` and `env`

`engine.args` maps a flag without its leading dashes to a value:

| value | becomes |
|---|---|
| `true` | the bare flag |
| `false`, `null` | nothing (`no-x: true` is the negation of a flag) |
| a number or a text | `--flag value` |
| a list | `--flag a b`, or `--flag a --flag b` where the engine repeats the flag |
| an object | `--flag` and the object as JSON |

`env` maps a name to a text, number or boolean, to `{valueFrom: ...}` as in Kubernetes, or to
`{expand: "$(POD_IP):80"}`. Everything but `expand` is literal: a `$` arrives as a `$`. A text that
looks like a secret is refused; use `valueFrom` with a `secretKeyRef`.
"""
_KNOWN: tuple[tuple[Any, str], ...] = (
    (base.Text, "text"),
    (base.DnsLabel, "DNS label"),
    (base.ReleaseName, "name of at most 40 characters"),
    (base.DnsName, "DNS name"),
    (base.LabelKey, "label key"),
    (base.LabelValue, "label value"),
    (base.EnvName, "variable name"),
    (base.FlagName, "flag"),
    (base.ResourceName, "resource name"),
    (base.Version, "version such as `0.11.0`"),
    (base.ChartVersion, "semantic version"),
    (base.Quantity, "quantity"),
    (base.QuantityText, "quantity"),
    (base.Port, "port"),
    (base.AbsolutePath, "absolute path"),
    (base.Seconds, "seconds"),
    (container.Env, "map of variables, see below"),
    (container.Args, "map of flags, see below"),
    (pod.Labels, "map of labels"),
    (pod.Annotations, "map of annotations"),
    (pod.KubernetesObject, "object as in Kubernetes"),
    (operations.CountOrPercent, "number, or a percentage such as `25%`"),
)


def profile_page() -> str:
    """The page as Markdown."""
    documented = field_docs(Profile)
    top: list[str] = []
    sections: list[str] = []
    for name, field in Profile.model_fields.items():
        key = field.alias or name
        nested = _model_of(field.annotation)
        top.append(_row(f"[`{key}`](#{key.lower()})" if nested else f"`{key}`", field, documented))
        if nested:
            rows = list(_rows(nested, key, field.get_default(call_default_factory=True)))
            text = documented.get(name, "")
            sections += [f"## {key}", text, _table(rows)]
    return HEAD + "\n\n".join(["## Top level", _table(top), *sections, TAIL])


def _table(rows: list[str]) -> str:
    return "\n".join(["| key | type | default | |", "|---|---|---|---|", *rows])


def _rows(model: type[BaseModel], prefix: str, preset: Any) -> Iterator[str]:
    """Rows of a section and of the sections in it; `preset` holds defaults set from outside."""
    documented = field_docs(model)
    for name, field in model.model_fields.items():
        key = f"{prefix}.{field.alias or name}"
        value = getattr(preset, name) if isinstance(preset, model) else _default(field)
        nested = _model_of(field.annotation)
        is_list = _is_list(field.annotation)
        yield _row(f"`{key}`", field, documented, name, value)
        if nested:
            yield from _rows(nested, key + ("[]" if is_list else ""), value)


def _row(
    shown: str,
    field: FieldInfo,
    documented: dict[str, str],
    name: str = "",
    value: Any = PydanticUndefined,
) -> str:
    name = name or next(n for n, f in Profile.model_fields.items() if f is field)
    value = _default(field) if value is PydanticUndefined else value
    default = "**required**" if value is PydanticUndefined else _shown(value)
    kind = _words(_annotated(field))
    return f"| {shown} | {kind} | {default} | {documented.get(name, '')} |".replace("|  |", "| |")


def _default(field: FieldInfo) -> Any:
    return PydanticUndefined if field.is_required() else field.get_default()


def _shown(value: Any) -> str:
    if value is None or isinstance(value, BaseModel) or value in ({}, []):
        return ""
    return f"`{json.dumps(value)}`"


def _annotated(field: FieldInfo) -> Any:
    """The annotation with the constraints that pydantic has taken off it."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _words(annotation: Any) -> str:
    """A type in plain words."""
    known = next((words for each, words in _KNOWN if annotation == each), None)
    if known:
        return known
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return _plain(annotation) or _combined(annotation)


def _plain(annotation: Any) -> str:
    names = {str: "text", int: "number", float: "number", bool: "`true`, `false`"}
    return names.get(annotation, "") if isinstance(annotation, type) else ""


def _combined(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _constrained(arguments[0], arguments[1:])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if origin is list:
        return f"list of {_words(arguments[0])}".replace("of section", "of sections")
    if origin is dict:
        return f"map of {_words(arguments[0])} to {_words(arguments[1])}"
    return _union(arguments)


def _union(arguments: tuple[Any, ...]) -> str:
    words = [_words(each) for each in arguments if each is not types.NoneType]
    return " or ".join(dict.fromkeys(words))


def _constrained(annotation: Any, metadata: tuple[Any, ...]) -> str:
    for each in metadata:
        if isinstance(each, BeforeValidator) and each.json_schema_input_type is not Any:
            return _words(each.json_schema_input_type)
        if isinstance(each, StringConstraints) and each.pattern:
            return PATTERN_WORDS.get(str(each.pattern), "text")
    low = next((each.ge for each in metadata if hasattr(each, "ge")), None)
    high = next((each.le for each in metadata if hasattr(each, "le")), None)
    words = _words(annotation)
    if low is not None and high is not None:
        return f"{words} from {low} to {high}"
    return f"{words} from {low}" if low else words


def _is_list(annotation: Any) -> bool:
    return any(get_origin(each) is list for each in (annotation, *get_args(annotation)))


def _model_of(annotation: Any) -> type[Model] | None:
    """The section that a field holds, once or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    if get_origin(annotation) is dict:
        return None
    return next((found for each in get_args(annotation) if (found := _model_of(each))), None)
