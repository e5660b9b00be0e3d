"""What `init --from` writes: what runs today as a profile, after questions about the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import typer

from wingsctl.cli.convert import show_report
from wingsctl.cli.init_dialogue import Dialogue
from wingsctl.cli.init_given import Given
from wingsctl.cli.init_result import next_step
from wingsctl.cli.output import Report, has_person, show_problems
from wingsctl.errors import ProfileError, WingsError

if TYPE_CHECKING:
    from wingsctl.actions.convert_manifests import ConvertResult


def write_converted(
    report: Report, given: Given, inputs: Sequence[str], words: Sequence[str], *, yes: bool
) -> None:
    """A profile of these files, or of one command; raises ProfileError where it stays open."""
    from wingsctl.actions.init_checks import STDOUT, SUFFIX, check_file

    if given.is_about_what_an_input_decides:
        raise typer.BadParameter(
            "--from goes with --model, --accelerator, --engine, --name, --to, --force, --yes and "
            "--output only: the input decides the rest"
        )
    result = _converted(given, inputs, words)
    if has_person() and not yes:
        given, result = _with_answers(given, inputs, words, result)
    if not report.is_data:
        show_report(result)
    if result.profile is None:
        raise ProfileError("the input is not enough for a profile", problems=result.missing)
    file = given.to or f"{result.name}{SUFFIX}"
    check_file(file, force=given.force)
    if file != STDOUT:
        _write(file, result.profile, force=given.force)
    data = {
        "profile": {"file": file, "text": result.profile},
        "fields": [asdict(row) for row in result.rows],
    }
    report.done(data, result.profile if file == STDOUT else next_step(file), result.warnings)


def _converted(given: Given, inputs: Sequence[str], words: Sequence[str]) -> ConvertResult:
    from wingsctl.actions.convert_manifests import ConvertRequest, convert_manifests
    from wingsctl.convert.conversion import Wishes

    card = given.accelerators[0] if given.accelerators else ""
    wishes = Wishes(given.name, given.model, given.engine, card, "")
    return convert_manifests(ConvertRequest(inputs, words, wishes, given.catalogs))


def _with_answers(
    given: Given, inputs: Sequence[str], words: Sequence[str], result: ConvertResult
) -> tuple[Given, ConvertResult]:
    """Asks for what is missing, one thing at a time; what no answer can give stays."""
    while result.profile is None and (open_keys := [each for each in result.missing if each.path]):
        show_problems(open_keys[:1])
        given = _answered(given, open_keys[0].path)
        result = _converted(given, inputs, words)
    return given, result


def _answered(given: Given, key: str) -> Given:
    from wingsctl.actions.init_checks import check_card, check_engine, check_name

    checks: dict[str, tuple[str, Callable[[str], None]]] = {
        "accelerator": (
            "Accelerator (none is a CPU)", lambda text: check_card(text, given.catalogs),
        ),
        "model": ("Model (OWNER/NAME)", _check_written),
        "engine": ("Engine", lambda text: check_engine(text, given.catalogs)),
        "name": ("Name of the profile", check_name),
    }  # fmt: skip
    question, check = checks[key]

    def read(text: str) -> str:
        check(text)
        return text

    answer = Dialogue(given).until(question, read)
    given = replace(given, accelerators=[answer]) if key == "accelerator" else given
    return replace(
        given,
        model=answer if key == "model" else given.model,
        engine=answer if key == "engine" else given.engine,
        name=answer if key == "name" else given.name,
    )


def _check_written(text: str) -> None:
    if not text:
        raise WingsError("write a name")


def _write(file: str, text: str, *, force: bool) -> None:
    from wingsctl.actions.init_profile import write_profile

    write_profile(file, text, force=force)
