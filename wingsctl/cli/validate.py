"""wingsctl validate."""

from __future__ import annotations

from wingsctl.cli.options import CatalogDirs, Format, OutputFormat, ProfilePaths, catalog_dirs
from wingsctl.cli.output import reporting

HELP = """Check profiles: shape, names, arithmetic, engine flags, times.

\b
Example: wingsctl validate examples/*.wings.yaml
"""


def command(
    profiles: ProfilePaths, catalog: CatalogDirs = None, output: OutputFormat = Format.text
) -> None:
    """Unpack, inspect, print."""
    with reporting("validate", output) as report:
        from wingsctl.actions.inspect_profiles import inspect_profiles, plans_of
        from wingsctl.actions.profile_request import ProfileRequest

        found = inspect_profiles(ProfileRequest(profiles, catalog_dirs(catalog)))
        plans_of(found)
        report.done(
            [{"file": each.file, "valid": True} for each in found],
            "\n".join(f"{each.file}: ok" for each in found),
            [problem for each in found for problem in each.warnings],
        )
