"""Writes a user's file, a profile or an entry of a catalog: whole or not at all, over no other."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from wingsctl.errors import ProfileError


def entry_path(directory: Path, kind: str, stem: str) -> Path:
    """Where an entry goes; raises ProfileError where that is outside of the directory."""
    path = directory / kind / f"{stem}.yaml"
    if "/" in stem or not path.parent.resolve().is_relative_to(directory.resolve()):
        raise ProfileError(
            f"{path} is not inside of {directory}", hint="links out of a catalog are not followed"
        )
    return path


def check_free(path: Path, *, force: bool) -> None:
    """Raises ProfileError where there is something and it may not be replaced."""
    if path.exists() and not path.is_file():
        raise ProfileError(f"{path} is not a file", hint="give another name")
    if os.path.lexists(path) and not force:
        raise ProfileError(f"{path} exists", hint="--force replaces it; --name gives another name")


def write_user_file(path: Path, text: str, *, force: bool) -> None:
    """Raises ProfileError where it cannot be written, or something is there without `force`."""
    fresh = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(fresh).chmod(0o666 & ~_umask())
        if force:
            Path(fresh).replace(path)
        else:
            os.link(fresh, path)
    except FileExistsError:
        check_free(path, force=force)
        raise
    except OSError as error:
        reason = (error.strerror or "unwritable").lower()
        raise ProfileError(f"cannot write {path}: {reason}") from error
    finally:
        if fresh is not None:
            with suppress(OSError):
                Path(fresh).unlink()


def _umask() -> int:
    """Reading it means setting it for a moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
