"""The flags of one version of an engine, as its table lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, RootModel, StringConstraints, ValidationError

from wingsctl.catalog.base import Model
from wingsctl.catalog.parse import shape_problems
from wingsctl.documents import Document
from wingsctl.errors import ProfileError

FlagTable = Mapping[str, Mapping[str, Any]]
"""`--flag` to its facts, of which those of `_Flag` are used."""


def _scalar(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise ValueError("must be text, a number, true or false")
    return value


class _Flag(Model):
    """The facts that decide something; a table may hold more."""

    model_config = ConfigDict(extra="ignore")

    type: str = "bool"
    action: str = ""
    nargs: str | int | None = None
    choices: list[Annotated[Any, AfterValidator(_scalar)]] = []
    negatable: bool = False
    deprecated: bool | str = False


class _Table(RootModel[dict[Annotated[str, StringConstraints(pattern=r"^--")], _Flag]]):
    """All flags of a version."""


def parse_flag_table(document: Document) -> FlagTable:
    """The document as it is; raises ProfileError with every problem of its shape."""
    if not isinstance(document.data, dict):
        problem = document.problem((), "must be a mapping of flags to their facts")
        raise ProfileError(f"{document.file} is not valid", problems=[problem])
    try:
        _Table.model_validate(document.data, strict=True)
    except ValidationError as error:
        problems = shape_problems(document, _Table, error)
        raise ProfileError(f"{document.file} is not valid", problems=problems) from error
    table: FlagTable = document.data
    return table
