"""A repository of ModelScope (MODELSCOPE_ENDPOINT).

modelscope-hub, the hub client that modelscope itself uses, gives the token, the cache, the
listing of files and the connection; how much is read of a file, and for how long, is decided
here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

try:
    import requests
    import urllib3
    from modelscope_hub import APIError, HubApi, HubError, NetworkError, RequestTimeoutError
except ImportError as error:
    from wingsctl.adapters.hub_names import missing_client

    raise missing_client("modelscope") from error

from wingsctl.adapters.checkpoint import Checkpoint, Origin
from wingsctl.adapters.checkpoint_dir import CheckpointDir
from wingsctl.adapters.hub_names import is_commit, not_cached, refusal
from wingsctl.adapters.hub_requests import Answer, RefusedError, Requests, SendError
from wingsctl.errors import ToolError

TOKEN = "MODELSCOPE_API_TOKEN"  # noqa: S105 - the variable's name
DEFAULT_BRANCH = "master"
_FAILURES = (
    NetworkError, RequestTimeoutError, requests.RequestException, urllib3.exceptions.HTTPError,
)  # fmt: skip


def open_modelscope(repository: str, revision: str, *, offline: bool, seconds: float) -> Checkpoint:
    """The repository at the commit that `revision` is now ("" for the default branch).

    Raises ProfileError, ToolError, and NotFoundError where the hub does not know it.
    """
    logging.getLogger("modelscope_hub").setLevel(logging.CRITICAL)  # it logs what is raised, too
    api = HubApi()
    if offline:
        return _cached(api, repository, revision)
    page = f"{api.legacy.endpoint}/models/{repository}"
    try:
        entries = api.legacy.list_repo_files(
            repository, "model", revision or DEFAULT_BRANCH, recursive=False
        )
    except APIError as error:
        status = error.status_code or 0
        raise refusal(RefusedError(status), repository, page, TOKEN) from error
    except (HubError, ValueError, requests.RequestException) as error:
        raise ToolError(
            f"{api.legacy.endpoint} does not answer as it should: {type(error).__name__}",
            hint="is MODELSCOPE_ENDPOINT a model hub? Run the command again later",
        ) from error
    files = [each for each in entries if _is_file(each)]
    return _Repository(api, seconds, page, repository, files, revision)


def _cached(api: HubApi, repository: str, revision: str) -> Checkpoint:
    """What the client downloaded earlier; its cache keeps no commit of a branch."""
    try:
        path = api.download_repo(
            repository, "model", revision=revision or None, local_files_only=True
        )
    except (HubError, OSError) as error:
        raise not_cached(repository) from error
    return CheckpointDir(
        Path(path), Origin(repository, _commit(revision), f"{repository}, from the cache")
    )


def _is_file(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("Type") != "tree"


def _newest(files: list[dict[str, Any]]) -> str:
    """The commit of the file that was changed last.

    Each file of a listing has the commit that it is from; the listing itself has none.
    """
    dated = [each for each in files if isinstance(each.get("CommittedDate"), int)]
    last = max(dated, key=lambda each: int(each["CommittedDate"]), default={})
    return _commit(last.get("Revision"))


def _commit(text: Any) -> str:
    """Where it is one; a branch is none."""
    return str(text) if is_commit(text) else ""


class _Repository:
    """Files over HTTP, all of one commit where the listing names one."""

    def __init__(
        self,
        api: HubApi,
        seconds: float,
        page: str,
        repository: str,
        files: list[dict[str, Any]],
        revision: str,
    ) -> None:
        self._api, self._page = api, page
        self._requests = Requests(self._send, api.legacy.endpoint, seconds)
        commit = _commit(revision) or _newest(files)
        self._revision = commit or revision or DEFAULT_BRANCH
        self._origin = Origin(repository, commit, f"{page} at {self._revision}")
        self._sizes = {
            str(each["Path"]): int(each["Size"])
            for each in files
            if isinstance(each.get("Size"), int) and "/" not in str(each.get("Path", "/"))
        }

    @property
    def origin(self) -> Origin:
        return self._origin

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._sizes

    def read(self, name: str, first: int, count: int) -> bytes:
        repository = self._origin.repository
        url = self._api.legacy.get_download_url(repository, "model", name, self._revision)
        try:
            return self._requests.read(url, first, count)
        except RefusedError as error:
            raise refusal(error, repository, self._page, TOKEN) from error

    @contextmanager
    def _send(self, url: str, part: str) -> Iterator[Answer]:
        """The file that the URL names; requests sends the token to the hub's host alone."""
        query = parse_qs(urlsplit(url).query)
        headers = {"Accept-Encoding": "identity", **({"Range": part} if part else {})}
        try:
            with self._api.legacy.download_stream(
                self._origin.repository,
                "model",
                query["FilePath"][0],
                query["Revision"][0],
                headers=headers,
            ) as got:
                lowered = {name.lower(): value for name, value in got.headers.items()}
                yield Answer(got.status_code, lowered, _pieces(got.raw))
        except APIError as error:
            yield Answer(error.status_code or 0, _pause(error), iter(()))
        except _FAILURES as error:
            raise SendError(type(error).__name__) from error


def _pieces(body: urllib3.HTTPResponse) -> Iterator[bytes]:
    """As they arrive: a slow server must not keep one waiting for a full buffer."""
    while piece := body.read1(2**16, decode_content=False):
        yield piece


def _pause(error: APIError) -> dict[str, str]:
    """What the client keeps of the answer's head."""
    pause = getattr(error, "retry_after", None)
    return {} if pause is None else {"retry-after": str(int(pause))}
