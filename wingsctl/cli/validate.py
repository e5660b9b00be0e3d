"""wingsctl validate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, ProfilePaths, catalog_dirs
from wingsctl.cli.output import put, reporting, say
from wingsctl.cli.progress import counting

if TYPE_CHECKING:
    from wingsctl.actions.inspect_profiles import Inspection

HELP = """Check profiles: shape, names, arithmetic, engine flags, times.

\b
Example: wingsctl example minimal > chat.wings.yaml
Example: wingsctl validate *.wings.yaml
"""


def command(
    profiles: ProfilePaths, catalog: CatalogDirs = None, output: OutputFormat = Format.text
) -> None:
    """Unpack, inspect, print; what is right is named beside what is wrong, too."""
    with reporting("validate", output) as report:
        from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
        from wingsctl.actions.profile_request import ProfileRequest

        with counting(report) as progress:
            request = ProfileRequest(profiles, catalog_dirs(catalog), progress=progress)
            found = inspect_profiles(request)
        good = [each for each in found if each.plan and not each.errors]
        lines = "\n".join(map(_line, good))
        if lines and len(good) < len(found) and not report.is_data:
            put(lines)
        plans_of(found)
        report.done(
            [{"file": each.file, "valid": True, "verdict": each.verdict} for each in good],
            lines,
            [problem for each in found for problem in each.warnings],
        )
        if len(found) > 1 and not report.is_data:
            say(f"{len(good)} ok")


def _line(found: Inspection) -> str:
    doubt = ", but its memory is uncertain (wingsctl plan)" if found.verdict == "uncertain" else ""
    return f"{found.file}: ok{doubt}"
