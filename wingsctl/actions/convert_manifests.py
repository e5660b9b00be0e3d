"""What people run already -> a profile that is checked, and a report of each field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wingsctl.actions.profile_request import STDIN
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.text_files import read_stdin, read_text
from wingsctl.adapters.user_files import check_free, write_user_file
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.adapters.yaml_streams import parse_documents
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.catalog.secrets import check_secrets
from wingsctl.chart.yaml_text import yaml_text
from wingsctl.convert.conversion import Wishes
from wingsctl.convert.kinds import COMMAND, DOCKER_RUN
from wingsctl.convert.report import Row
from wingsctl.convert.run import Converted, Source, convert, without_refused
from wingsctl.convert.secret_texts import SecretTexts
from wingsctl.documents import Document, Place, Problem
from wingsctl.errors import ProfileError, WingsError
from wingsctl.plan.model import ProfileFiles
from wingsctl.plan.resolve import resolve_plan

_ROUNDS = 8
"""A section that lacks what was taken out of it is found in the next round."""
COMMAND_LINE = "<command line>"
_CONTAINER_TOOLS = ("docker", "podman", "nerdctl")
_COMMAND = re.compile(
    r"\s*(#!|(sudo\s+)?(docker|podman|nerdctl)\s|((exec|nohup|env|numactl)\s+)?(/\S*/)?(python[0-9.]*|vllm|sglang)\s"
    r"|(export\s+)?[A-Z_][A-Z0-9_]*=)"
)


@dataclass(frozen=True)
class ConvertRequest:
    """Files to read (`-` is standard input), or the words of one command; what options say."""

    paths: Sequence[str]
    command: Sequence[str] = ()
    wishes: Wishes = field(default_factory=Wishes)
    catalog_dirs: Sequence[Path] = ()
    to: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class ConvertResult:
    """The profile's text (None where an option is missing), the rows, warnings and problems.

    `missing` are the problems that only an option solves; the path of each is the option's name
    where it is one of the profile's keys. No text in here holds a secret.
    """

    profile: str | None
    name: str
    """Of the profile; empty without one."""
    rows: list[Row]
    warnings: list[Problem]
    missing: list[Problem]


def convert_manifests(request: ConvertRequest) -> ConvertResult:
    """The profile and its report; writes the profile where the request names a file.

    Raises ProfileError where an input cannot be read. Whatever happens, no message holds a
    secret of the input.
    """
    secrets = SecretTexts()
    try:
        if request.to is not None:
            check_free(request.to, force=request.force)
        result = _convert(request, secrets)
    except WingsError as error:
        problems = [_masked_problem(each, secrets) for each in error.problems]
        message, hint = secrets.mask(error.message), secrets.mask(error.hint)
        raise type(error)(message, hint=hint, problems=problems) from None
    except Exception as error:
        # Its own message may repeat a value of the input.
        unexpected = RuntimeError(f"unexpected {type(error).__name__}")
        raise unexpected.with_traceback(error.__traceback__) from None
    if request.to is not None and result.profile is not None:
        write_user_file(request.to, result.profile, force=request.force)
    return result


def _convert(request: ConvertRequest, secrets: SecretTexts) -> ConvertResult:
    sources = _sources(request, secrets)
    catalog = Catalog(CatalogFiles(request.catalog_dirs))
    converted = convert(sources, catalog, request.wishes, secrets)
    text, warnings = None, list(converted.warnings)
    if converted.data is not None:
        shown = str(request.to) if request.to else "<profile>"
        for _ in range(_ROUNDS):
            text = _profile_text(converted, sources)
            found, is_shape_wrong = check_profile(text, shown, catalog)
            pruned = without_refused(converted, found, is_shape_wrong=is_shape_wrong)
            if pruned is converted:
                break
            converted = pruned
        warnings += [replace(each, severity="warning") for each in found]
        if secrets.holds_secret(text):
            text = None
            raise ProfileError("the profile would hold a secret of the input", hint=_SECRET_HINT)
    return ConvertResult(
        text,
        str((converted.data or {}).get("name", "")),
        [_masked_row(each, secrets) for each in converted.rows],
        [_masked_problem(each, secrets) for each in warnings],
        [_masked_problem(each, secrets) for each in converted.missing],
    )


_SECRET_HINT = "take it out of the input and try again; and please report this"  # noqa: S105


def _profile_text(converted: Converted, sources: Sequence[Source]) -> str:
    files = ", ".join(dict.fromkeys(each.document.file for each in sources))
    return f"# Made by wingsctl convert from {files}.\n" + yaml_text(
        converted.data or {}, converted.comments
    )


def check_profile(text: str, file: str, catalog: Catalog) -> tuple[list[Problem], bool]:
    """What parsing and planning a profile find, and whether already its shape is wrong."""
    try:
        document = parse_yaml(text, file)
        problems = check_secrets(document)
        profile = parse_document(document, Profile)
        _, found = resolve_plan(profile, document, catalog, ProfileFiles(), "")
        problems += found
    except WingsError as error:
        return list(error.problems), True
    return problems, False


def _sources(request: ConvertRequest, secrets: SecretTexts) -> list[Source]:
    """All inputs; raises ProfileError with the problems of every file."""
    if request.command:
        return [_command_source(list(request.command), secrets)]
    found: list[Source] = []
    problems: list[Problem] = []
    for path in request.paths:
        try:
            found += _file_sources(path, secrets)
        except ProfileError as error:
            problems += error.problems
    if problems:
        files = ", ".join(sorted({each.file for each in problems}))
        raise ProfileError(f"cannot use {files}", problems=problems)
    return found


def _command_source(words: list[str], secrets: SecretTexts) -> Source:
    secrets.add_text(" ".join(words))
    document = Document(COMMAND_LINE, words, lambda path: Place(1, 1))
    return Source(document, _command_kind(words))


def _command_kind(words: Sequence[str]) -> str:
    programs = [each.rsplit("/", 1)[-1] for each in words if each != "sudo"][:1]
    return DOCKER_RUN if programs and programs[0] in _CONTAINER_TOOLS else COMMAND


def _file_sources(path: str, secrets: SecretTexts) -> list[Source]:
    file = "<stdin>" if path == STDIN else path
    text = read_stdin() if path == STDIN else read_text(Path(path), file)
    secrets.add_text(text)
    first = next((line for line in text.splitlines() if line.strip("\ufeff \t")[:1] not in "#" or
                  line.startswith("#!")), "")  # fmt: skip
    if _COMMAND.match(first) or path.endswith(".sh"):
        kind = (
            DOCKER_RUN
            if re.search(r"^\s*(sudo\s+)?(docker|podman|nerdctl)\s", text, re.M)
            else COMMAND
        )
        return [Source(Document(file, text, lambda path: Place(1, 1)), kind)]
    try:
        return [Source(each) for each in parse_documents(text, file)]
    except ProfileError as error:
        if "{{" not in text:
            raise
        hint = (
            "a template of a chart is not YAML: render it first (helm template), or give its values"
        )
        problems = [replace(each, hint=hint) for each in error.problems]
        raise ProfileError(error.message, problems=problems) from None


def _masked_row(row: Row, secrets: SecretTexts) -> Row:
    path, part, key = secrets.mask(row.path), secrets.mask(row.part), secrets.mask(row.key)
    note, remedy = secrets.mask(row.note), secrets.mask(row.remedy)
    return replace(row, path=path, part=part, key=key, note=note, remedy=remedy)


def _masked_problem(problem: Problem, secrets: SecretTexts) -> Problem:
    return replace(problem, path=secrets.mask(problem.path), message=secrets.mask(problem.message),
                   hint=secrets.mask(problem.hint))  # fmt: skip
