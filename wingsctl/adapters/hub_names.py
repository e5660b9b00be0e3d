"""Names of repositories and revisions, and what a hub's refusals mean; the same for every hub."""

from __future__ import annotations

import re

from wingsctl.adapters.hub_requests import RefusedError
from wingsctl.errors import ProfileError, ToolError, WingsError

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}/[A-Za-z0-9][A-Za-z0-9_.-]{0,95}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+/-]{0,254}")
"""A part of what git allows: no name of a branch, tag or pull request that is in use has more."""
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def is_commit(text: object) -> bool:
    """Whether it is the full name of a commit; a branch is none."""
    return isinstance(text, str) and _COMMIT.fullmatch(text) is not None


def check_names(repository: str, revision: str) -> None:
    """Raises ProfileError for what is no repository or revision."""
    if not _REPOSITORY.fullmatch(repository) or ".." in repository:
        raise ProfileError(
            f"{repository!r} is neither a directory nor a repository",
            hint="write owner/name, or the path of a model's directory",
        )
    if revision and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise ProfileError(
            f"{revision!r} is no revision", hint="write a branch, a tag or a commit after the @"
        )


def refusal(
    error: RefusedError, repository: str, page: str, token_name: str
) -> WingsError | NotFoundError:
    """What a final answer means. `page`: of the repository, for people."""
    where = f"accept the licence at {page} if it asks for that, then set {token_name}"
    if error.status == 403 or error.code == "GatedRepo":
        return ToolError(f"{repository} is gated or private (HTTP {error.status})", hint=where)
    if error.status == 401:
        return ToolError(
            f"{repository} does not exist, is private or gated, or the token is wrong (HTTP 401)",
            hint=f"check the name; {where}",
        )
    if error.status == 404:
        if error.code == "RevisionNotFound":
            return ToolError(f"{repository} has no such revision (HTTP 404)")
        return NotFoundError(f"{repository}, or this revision of it, does not exist (HTTP 404)")
    return ToolError(f"{page} answers with HTTP {error.status}", hint="is the hub's address right?")


class NotFoundError(Exception):
    """The hub knows no such repository or revision."""


def missing_client(extra: str) -> ProfileError:
    """The library is not installed."""
    return ProfileError(
        f"the client of this hub is not installed: wingsctl[{extra}]",
        hint=f"pipx install 'wingsctl[{extra}]', or in the environment of wingsctl: "
        f"pip install 'wingsctl[{extra}]'",
    )


def not_cached(repository: str) -> ProfileError:
    """`--offline`, and the cache does not have it."""
    return ProfileError(
        f"{repository} is not in the cache of this hub's client",
        hint="run the command once without --offline, download it with the hub's own client, "
        "or give the model's directory",
    )
