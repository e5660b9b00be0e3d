"""The engines of the shipped catalog: every version has one of each, and every flag exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.shipped.catalog_files import ENGINES, PROFILES
from tests.support.plans import shipped, shipped_engine
from tests.support.rows import check_rows
from wingsctl.catalog.base import VersionRange
from wingsctl.catalog.engine import Command, EngineProfile, Option, RenamedFlag
from wingsctl.catalog.flag_table import FlagTable
from wingsctl.catalog.versions import applies, version_key

TABLES = sorted((PROFILES / "engines" / "flags").glob("*.json"))
KNOWN_FACTS = {
    "type", "choices", "nargs", "action", "negatable", "alias_of", "short", "deprecated",
    "required",
}  # fmt: skip


def tables(name: str) -> dict[str, FlagTable]:
    """Version -> flag (with dashes) -> facts, oldest version first."""
    found = {version: shipped().flag_table(name, version) for version in versions(name)}
    return {version: table for version, table in found.items() if table is not None}


def versions(name: str) -> list[str]:
    return shipped_engine(name).versions


def test_every_flag_table_belongs_to_an_engine() -> None:
    declared = {f"{name}-{version}" for name in ENGINES for version in versions(name)}
    assert {path.stem for path in TABLES} == declared


def test_versions_are_plain_and_sorted() -> None:
    check_rows(ENGINES, unusual_versions)


def unusual_versions(name: str) -> Iterator[str]:
    engine = shipped_engine(name)
    ranges: list[VersionRange] = [
        *engine.images, *engine.formats, *engine.commands, *engine.groups, *engine.memory,
        *(row for rows in engine.options.values() for row in rows),
    ]  # fmt: skip
    bounds = [bound for row in ranges for bound in (row.since, row.before) if bound]
    gone = [renamed.gone for renamed in engine.renamed.values()]
    for version in {*engine.versions, *bounds, *gone}:
        if not re.fullmatch(r"\d+\.\d+\.\d+(\.post\d+)?", version):
            yield f"{version} is no release"
    if engine.versions != sorted(engine.versions, key=version_key):
        yield f"versions are not sorted: {engine.versions}"


def test_flag_tables_are_written_canonically() -> None:
    check_rows(TABLES, table_slips, lambda path: path.stem)


def table_slips(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    table = json.loads(text)
    lines = [f"{json.dumps(flag)}: {json.dumps(table[flag])}" for flag in sorted(table)]
    if text != "{\n" + ",\n".join(lines) + "\n}\n":
        yield "is not written canonically: sorted, a line for each flag"
    for flag, facts in table.items():
        if unknown := set(facts) - KNOWN_FACTS:
            yield f"{flag} has unknown facts: {sorted(unknown)}"
        if facts.get("alias_of", flag) not in table:
            yield f"{flag} is an alias of {facts['alias_of']}, which is not there"


def test_every_version_has_exactly_one_command() -> None:
    check_rows(ENGINES, lambda name: counts(name, "command", shipped_engine(name).commands, {1}))


def test_every_version_has_exactly_one_memory_row() -> None:
    check_rows(ENGINES, lambda name: counts(name, "memory row", shipped_engine(name).memory, {1}))


def test_option_rows_do_not_overlap() -> None:
    def check(name: str) -> Iterator[str]:
        for feature, rows in shipped_engine(name).options.items():
            yield from counts(name, f"option {feature}", rows, {0, 1})

    check_rows(ENGINES, check)


def counts(name: str, what: str, rows: Iterable[VersionRange], allowed: set[int]) -> Iterator[str]:
    """Versions that have another number of rows."""
    for version in versions(name):
        count = sum(applies(row, version) for row in rows)
        if count not in allowed:
            yield f"{version} has {count} rows for {what}"


def test_commands_end_with_the_served_name_and_listen_inside_the_pod_only() -> None:
    check_rows(ENGINES, wrong_commands)


def wrong_commands(name: str) -> Iterator[str]:
    for command in shipped_engine(name).commands:
        if command.argv[-2:] != ["--served-model-name", "$(MODEL_NAME)"]:
            yield f"a command ends with {command.argv[-2:]}"
        if command.argv[command.argv.index("--host") + 1] != "127.0.0.1":
            yield f"a command listens elsewhere: {command.argv}"


def test_commands_and_options_use_flags_of_their_versions() -> None:
    check_rows(ENGINES, foreign_flags)


def foreign_flags(name: str) -> Iterator[str]:
    for version, table in tables(name).items():
        for part in argv_parts(shipped_engine(name)):
            used = flags_in(part.argv) if applies(part, version) else set()
            yield from (f"{version} has no {flag}" for flag in sorted(used - set(table)))


def argv_parts(profile: EngineProfile) -> list[Command | Option]:
    return [*profile.commands, *(row for rows in profile.options.values() for row in rows)]


def flags_in(argv: list[str]) -> set[str]:
    return {token for token in argv if token.startswith("--")}


# SGLang declares no --tp, --pp, --dp: argparse takes or refuses them as prefixes.
PREFIXES = {"sglang": {"tp", "pp", "dp"}}


def test_owned_and_special_flags_exist() -> None:
    check_rows(ENGINES, unknown_flags)


def unknown_flags(name: str) -> Iterator[str]:
    engine = shipped_engine(name)
    rows = [(flag, facts) for table in tables(name).values() for flag, facts in table.items()]
    known = {text.lstrip("-") for flag, facts in rows for text in (flag, *facts.get("short", []))}
    if set(engine.owned) - known != PREFIXES.get(name, set()):
        yield f"owned flags of no version: {sorted(set(engine.owned) - known)}"
    for version, table in tables(name).items():
        for flag in (engine.utilization_flag, engine.max_requests_flag, engine.values_flag):
            if flag and f"--{flag}" not in table:
                yield f"{version} has no --{flag}"


def test_everything_the_command_sets_is_owned() -> None:
    check_rows(ENGINES, open_flags)


def open_flags(name: str) -> Iterator[str]:
    engine = shipped_engine(name)
    for part in argv_parts(engine):
        for flag in sorted(flags_in(part.argv)):
            if flag[2:] not in engine.owned:
                yield f"{flag} of a command is not owned"
    for table in tables(name).values():
        yield from other_spellings(engine, table)


def other_spellings(engine: EngineProfile, table: FlagTable) -> Iterator[str]:
    for flag, facts in table.items():
        if facts.get("alias_of", "").lstrip("-") in engine.owned and flag[2:] not in engine.owned:
            yield f"the alias {flag} is not owned"
        if flag[2:] in engine.owned:
            short = {text.lstrip("-") for text in facts.get("short", [])}
            yield from (
                f"the short form {text} of {flag} is not owned"
                for text in sorted(short - set(engine.owned))
            )


def test_renamed_flags_were_there_and_are_gone() -> None:
    check_rows(renamed_flags(), wrong_renames, lambda row: f"{row[0]} --{row[1]}")


def renamed_flags() -> list[tuple[str, str, RenamedFlag]]:
    return [
        (name, flag, renamed)
        for name in ENGINES
        for flag, renamed in shipped_engine(name).renamed.items()
    ]


def wrong_renames(row: tuple[str, str, RenamedFlag]) -> Iterator[str]:
    name, flag, renamed = row
    found, gone = tables(name), version_key(renamed.gone)
    if renamed.gone not in found:
        yield f"no table for {renamed.gone}"
    before = [table for version, table in found.items() if version_key(version) < gone]
    if not before or f"--{flag}" not in before[-1]:
        yield f"was gone before {renamed.gone}"
    for version, table in found.items():
        if version_key(version) < gone:
            continue
        if f"--{flag}" in table:
            yield f"is in {version}"
        for replacement in re.findall(r"--[a-z0-9-]+", renamed.use):
            if replacement not in table:
                yield f"its replacement {replacement} is not in {version}"
