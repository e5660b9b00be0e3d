"""What is written about the fields of the models, read from the source."""

from __future__ import annotations

import ast
import inspect
import textwrap

from pydantic import BaseModel


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The model and every model that its fields mention."""
    from wingsctl.catalog.parse import _models_in

    found: set[type[BaseModel]] = set()
    todo = [model]
    while todo:
        each = todo.pop()
        if each not in found:
            found.add(each)
            for field in each.model_fields.values():
                todo.extend(_models_in([field.annotation, *field.metadata]))
    return found


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Field name -> the string that stands below it in the source, in one line."""
    docs: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if not (issubclass(each, BaseModel) and each.__module__.startswith("wingsctl")):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(each))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, text in zip(body.body, body.body[1:], strict=False):
            if not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
                continue
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                docs[field.target.id] = " ".join(str(text.value.value).split())
    return docs
