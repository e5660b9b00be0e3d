"""Names of catalog entries by their files alone: a shell that completes a word waits for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from wingsctl.adapters.assets import asset_dir
from wingsctl.errors import ProfileError


def check_catalog_dirs(directories: Iterable[Path]) -> None:
    """Raises ProfileError where one of a user's catalogs is not a directory."""
    for directory in directories:
        if not directory.is_dir():
            raise ProfileError(
                f"the catalog {directory} is not a directory",
                hint="give a directory with engines/, models/, accelerators/, fabrics/ or "
                "triggers/",
            )


def file_stems(directories: Iterable[Path], kind: str) -> list[str]:
    """Stems of `DIR/<kind>/*.yaml` in all directories, sorted, each once."""
    return sorted({path.stem for folder in directories for path in (folder / kind).glob("*.yaml")})


def shipped_stems(kind: str, user_dirs: Iterable[Path] = ()) -> list[str]:
    """As file_stems, with the shipped catalog; what cannot be read has no names."""
    return file_stems([*user_dirs, asset_dir("profiles")], kind)
