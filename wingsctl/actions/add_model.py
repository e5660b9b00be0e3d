"""A model of a hub or of a directory -> an entry of the user's catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from wingsctl.actions.read_checkpoint import ReadCheckpoint, read_files
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.checkpoint import Checkpoint, Origin
from wingsctl.adapters.checkpoint_dir import CheckpointDir
from wingsctl.adapters.hub_names import NotFoundError, check_names
from wingsctl.adapters.user_files import check_free, entry_path, write_user_file
from wingsctl.adapters.yaml_entries import entry_text
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.checkpoint_entry import GIB, CheckpointFacts, EntryOrigin, build_entry
from wingsctl.catalog.entry_model import entry_model
from wingsctl.catalog.model import ModelProfile
from wingsctl.catalog.parse import parse_document
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError, ToolError

Hub = Literal["huggingface", "modelscope"]
HEAD = "Made by wingsctl models add from {source}"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class AddRequest:
    """`target`: a directory, or `owner/name[@revision]` of the hub. `seconds` for all requests."""

    target: str
    catalog: Path
    hub: Hub = "huggingface"
    offline: bool = False
    name: str = ""
    force: bool = False
    seconds: float = 300.0


@dataclass(frozen=True)
class AddedModel:
    """What was written, and what the files say."""

    path: str
    name: str
    revision: str
    source: str
    parameters: int
    formats: Sequence[str]
    """Types of numbers of the tensors, and the quantization method."""
    length: int | None
    checkpoint_gib: float
    tensor_gib: dict[str, float]
    licence: str
    gate: str
    chat_template: bool
    remarks: Sequence[str]
    uncertain: Sequence[str]
    profile: str
    """The lines for a profile."""


def add_model(request: AddRequest) -> AddedModel:
    """Reads the checkpoint's facts and writes the entry.

    Raises ProfileError for a checkpoint that cannot be read and an entry that may not be
    written, ToolError for a hub that refuses or fails, ToolTimeoutError where it is too slow.
    """
    try:
        return _add(request)
    except NotFoundError as error:
        hint = _near(request) or "check owner, name and revision"
        raise ToolError(str(error), hint=hint) from error


def _add(request: AddRequest) -> AddedModel:
    is_dir = bool(request.target) and Path(request.target).is_dir()
    repository, _, revision = request.target.partition("@")
    if is_dir:
        checkpoint: Checkpoint = CheckpointDir(Path(request.target))
    else:
        check_names(repository, revision)
        _check_free(request, request.name or repository)
        checkpoint = _opened(request, repository, revision)
    name = _name(request.name, checkpoint.origin)
    path = _check_free(request, name)
    read = read_files(checkpoint)
    entry = build_entry(read.facts, _entry_origin(name, checkpoint.origin), _note(read))
    text = entry_text(entry, HEAD.format(source=checkpoint.origin.text))
    _check_entry(text, str(path), read.facts)
    write_user_file(path, text, force=request.force)
    return _added(str(path), name, checkpoint.origin, read, None if is_dir else request.hub)


def _opened(request: AddRequest, repository: str, revision: str) -> Checkpoint:
    """A command that needs no hub imports no client."""
    if request.hub == "modelscope":
        from wingsctl.adapters.hub_modelscope import open_modelscope as open_hub
    else:
        from wingsctl.adapters.hub_huggingface import open_huggingface as open_hub
    return open_hub(repository, revision, offline=request.offline, seconds=request.seconds)


def _near(request: AddRequest) -> str:
    """Names of the catalog that are like the one that a hub does not know."""
    known = Catalog(CatalogFiles([request.catalog] if request.catalog.is_dir() else []))
    name = request.target.partition("@")[0].rsplit("/", 1)[-1]
    near = did_you_mean(name, known.names("models"))
    return f"in the catalog: {near}" if near else ""


def _name(given: str, origin: Origin) -> str:
    """As given, with an owner; else that of the repository or directory."""
    name = given or origin.repository
    name = name if "/" in name else f"own/{name}"
    if not _NAME.fullmatch(name):
        raise ProfileError(
            f"{name!r} cannot be the name of an entry",
            hint="give one with --name: letters, digits, ., _ and -, such as our-team/our-model",
        )
    return name


def _check_free(request: AddRequest, name: str) -> Path:
    path = entry_path(request.catalog, "models", name.rsplit("/", 1)[-1].lower())
    check_free(path, force=request.force)
    return path


def _entry_origin(name: str, origin: Origin) -> EntryOrigin:
    return EntryOrigin(name, origin.revision, origin.text, origin.licence, origin.is_gated)


def _note(read: ReadCheckpoint) -> str:
    return "Uncertain: " + "; ".join(read.facts.doubts) if read.facts.doubts else ""


def _check_entry(text: str, file: str, facts: CheckpointFacts) -> None:
    """What is written reads as what was read; raises ProfileError."""
    profile = parse_document(parse_yaml(text, file), ModelProfile)
    if replace(entry_model(profile), doubts=facts.own.model.doubts) != facts.own.model:
        raise ProfileError(
            f"{file} would not read as the same model: this is a bug",
            hint="give the model's directory as model.config of the profile instead",
        )


def _added(
    path: str, name: str, origin: Origin, read: ReadCheckpoint, hub: Hub | None
) -> AddedModel:
    facts = read.facts
    method = facts.method
    sizes = {kind: sum(each.values()) / GIB for kind, each in facts.tensor_bytes.items()}
    return AddedModel(
        path=path,
        name=name,
        revision=origin.revision,
        source=origin.text,
        parameters=facts.parameters,
        formats=[*([method] if method else []), *facts.number_types],
        length=facts.own.model.positions,
        checkpoint_gib=round(facts.weight_bytes / GIB, 3),
        tensor_gib={kind: round(size, 3) for kind, size in sizes.items()},
        licence=origin.licence,
        gate=origin.gate,
        chat_template=read.has_chat_template,
        remarks=read.remarks,
        uncertain=facts.doubts,
        profile="\n".join(_profile_lines(name, origin, hub)),
    )


def _profile_lines(name: str, origin: Origin, hub: Hub | None) -> Iterator[str]:
    """The part of a profile that serves it."""
    yield "model:"
    yield f"  name: {name}"
    if hub is None:
        yield "  source: {pvc: {claimName: YOUR-CLAIM}, directory: PATH-IN-IT}"
        return
    keys = [f"repo: {origin.repository}"] if name != origin.repository else []
    keys += [f'revision: "{origin.revision}"'] if origin.revision else []
    keys += ["tokenSecret: {name: YOUR-SECRET}"] if origin.gate else []
    yield f"  source: {{{hub}: {{{', '.join(keys)}}}}}"
