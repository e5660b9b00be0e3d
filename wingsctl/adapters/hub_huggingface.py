"""A repository of Hugging Face, or of a hub that speaks its API (HF_ENDPOINT).

huggingface_hub gives the token, the proxy, the cache, the URLs and the connection; how much is
read, and for how long, is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

try:
    import httpx2
    from huggingface_hub import constants, get_token, hf_hub_url, snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # exported lazily
except ImportError as error:
    from wingsctl.adapters.hub_names import missing_client

    raise missing_client("huggingface") from error

from wingsctl.adapters.checkpoint import Checkpoint, Origin
from wingsctl.adapters.checkpoint_dir import CheckpointDir
from wingsctl.adapters.hub_names import is_commit, not_cached, refusal
from wingsctl.adapters.hub_requests import (
    REQUEST_SECONDS,
    Answer,
    RefusedError,
    Requests,
    SendError,
)
from wingsctl.adapters.json_files import parse_json
from wingsctl.adapters.text_files import MAX_BYTES
from wingsctl.errors import ToolError

TOKEN = "HF_TOKEN"  # noqa: S105 - the variable's name


def open_huggingface(
    repository: str, revision: str, *, offline: bool, seconds: float
) -> Checkpoint:
    """The repository at the commit that `revision` is now ("" for the default branch).

    Raises ProfileError, ToolError, and NotFoundError where the hub does not know it.
    """
    if offline or constants.is_offline_mode():
        return _cached(repository, revision)
    endpoint = constants.ENDPOINT
    requests = Requests(_Sender(), endpoint, seconds)
    url = f"{endpoint}/api/models/{repository}"
    url += f"/revision/{quote(revision, safe='')}" if revision else ""
    page = f"{endpoint}/{repository}"
    try:
        text = requests.read_page(f"{url}?blobs=true", MAX_BYTES)
    except RefusedError as error:
        raise refusal(error, repository, page, TOKEN) from error
    return _Repository(requests, page, repository, _Info.of(text, url))


def _cached(repository: str, revision: str) -> Checkpoint:
    """What the client downloaded earlier."""
    try:
        path = snapshot_download(repository, revision=revision or None, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError, OSError) as error:
        raise not_cached(repository) from error
    return CheckpointDir(Path(path))


@dataclass(frozen=True)
class _Info:
    """What the hub says of a repository at a commit."""

    commit: str
    sizes: Mapping[str, int]
    is_gated: bool
    licence: str

    @classmethod
    def of(cls, text: str, url: str) -> _Info:
        data = parse_json(text, url).data
        commit = data.get("sha") if isinstance(data, dict) else None
        if not isinstance(commit, str) or not is_commit(commit):
            raise ToolError(f"{url} does not name a commit", hint="is HF_ENDPOINT a model hub?")
        card = data.get("cardData")
        licence = card.get("license") if isinstance(card, dict) else None
        shown = licence if isinstance(licence, str) else ""
        return cls(commit, _sizes(data.get("siblings")), bool(data.get("gated")), shown)


def _sizes(siblings: Any) -> dict[str, int]:
    """File -> bytes; those at the top."""
    files = siblings if isinstance(siblings, list) else []
    found = {}
    for file in files:
        name, size = (
            (file.get("rfilename"), file.get("size")) if isinstance(file, dict) else (None, None)
        )
        if isinstance(name, str) and "/" not in name and isinstance(size, int) and size >= 0:
            found[name] = size
    return found


class _Repository:
    """Files over HTTP, all of one commit."""

    def __init__(self, requests: Requests, page: str, repository: str, info: _Info) -> None:
        self._requests, self._page, self._info = requests, page, info
        where = f"{page} at {info.commit}"
        gate = page if info.is_gated else ""
        self._origin = Origin(repository, info.commit, where, gate, info.is_gated, info.licence)

    @property
    def origin(self) -> Origin:
        return self._origin

    @property
    def sizes(self) -> Mapping[str, int]:
        return self._info.sizes

    def read(self, name: str, first: int, count: int) -> bytes:
        url = hf_hub_url(self._origin.repository, name, revision=self._info.commit)
        try:
            return self._requests.read(url, first, count)
        except RefusedError as error:
            raise refusal(error, self._origin.repository, self._page, TOKEN) from error


class _Sender:
    """Sends with the client's session; the token goes to the hub alone, not where it redirects."""

    def __init__(self) -> None:
        token = None if constants.HF_HUB_DISABLE_IMPLICIT_TOKEN else get_token()
        given = {"authorization": f"Bearer {token}"} if token else {}
        # The client's own headers name the machine and its programs, and cost a request.
        self._headers = {"user-agent": "wingsctl", "accept-encoding": "identity", **given}

    @contextmanager
    def __call__(self, url: str, part: str) -> Iterator[Answer]:
        headers = {**self._headers, **({"range": part} if part else {})}
        try:
            with get_session().stream("GET", url, headers=headers, timeout=REQUEST_SECONDS) as got:
                lowered = {name.lower(): value for name, value in got.headers.items()}
                yield Answer(got.status_code, lowered, got.iter_raw())
        except httpx2.HTTPError as error:
            raise SendError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
