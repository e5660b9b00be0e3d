"""Looked-up facts of a model: each has its source; one that is absent is unknown."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from wingsctl.catalog.base import FlagName, Model, Text, VersionRange

Input = Literal["text", "image", "video", "audio"]
Task = Literal["generation", "embedding", "score", "reward", "transcription"]
Source = Annotated[str, StringConstraints(min_length=1)]
HubId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")]


class Modality(Model):
    """What goes in, and what the model is for.

    `score` is one number for a pair of texts, as rerankers give it; without `task` it is unknown.
    """

    inputs: list[Input] = Field(min_length=1)
    task: Task | None = None
    source: Source


class Licence(Model):
    """The licence as its hub names it."""

    name: Text
    source: Source


class Gate(Model):
    """Whether the hub gives the files only to accounts that accepted the terms."""

    needs_token: bool
    source: Source


class ParserRow(VersionRange):
    """A parser of an engine that understands what this model writes."""

    engine: str
    name: Text
    source: Source


class ChatTemplate(Model):
    """What chat needs beside the model's own files.

    A base model is trained for completion, not for chat. `file` lies in the engine's own
    repository and belongs to tool calls; the engine's page of this model gives it.
    """

    base_model: bool = False
    engine: str | None = None
    file: Text | None = None
    source: Source


class RequiredArgs(VersionRange):
    """Engine arguments without which this model does not load, or not rightly."""

    engine: str
    args: dict[FlagName, bool | str] = Field(min_length=1)
    source: Source
