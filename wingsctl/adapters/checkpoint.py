"""What a checkpoint is to the rest: named files of known size, read piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from wingsctl.adapters.json_files import parse_json
from wingsctl.adapters.text_files import MAX_BYTES
from wingsctl.documents import Document, Problem
from wingsctl.errors import ProfileError

INDEX = "model.safetensors.index.json"
MAX_INDEX_BYTES = MAX_HEADER_BYTES = 32 * 2**20
"""Of an index and of one header. The format allows a header 100 MB; 90,000 tensors take 10 MB."""
MAX_SHARDS = 1024
FIRST_BYTES = 2**17
"""Read of each shard at once; only a longer header takes a second request."""
_LENGTH = 8


@dataclass(frozen=True)
class Origin:
    """Where a checkpoint is from."""

    repository: str
    """`owner/name`, for a directory as far as it can be known."""
    revision: str
    """The commit, or empty where there is none."""
    text: str
    """In words, for the entry's `source`."""
    gate: str = ""
    """The page on which its licence has to be accepted; empty where it has no gate."""
    is_gated: bool | None = None
    """Whether the hub asks for a token; None where it does not say."""
    licence: str = ""


class Checkpoint(Protocol):
    """The files of a directory or of a repository at one commit."""

    @property
    def origin(self) -> Origin:
        """Where it is from."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """File -> bytes; those at the top only."""

    def read(self, name: str, first: int, count: int) -> bytes:
        """At most `count` bytes from offset `first` on; fewer only at the end of the file."""


def read_json(checkpoint: Checkpoint, name: str, limit: int = MAX_BYTES) -> Document | None:
    """A JSON file, or None where there is none; raises ProfileError where it is not usable."""
    text = read_text(checkpoint, name, limit)
    return None if text is None else parse_json(text, name)


def read_text(checkpoint: Checkpoint, name: str, limit: int = MAX_BYTES) -> str | None:
    """A file as UTF-8 text, or None where there is none; raises ProfileError."""
    size = checkpoint.sizes.get(name)
    if size is None:
        return None
    if size > limit:
        raise unusable(name, f"is larger than {limit // 2**20} MiB")
    return _decoded(name, _whole(checkpoint, name, 0, size))


def read_header(checkpoint: Checkpoint, name: str) -> tuple[Document, int]:
    """The header of a safetensors file, and how many bytes follow it; raises ProfileError."""
    size = checkpoint.sizes[name]
    start = checkpoint.read(name, 0, min(size, FIRST_BYTES))
    if len(start) < _LENGTH:
        raise unusable(name, f"has {len(start)} bytes, too few for a safetensors file")
    length = int.from_bytes(start[:_LENGTH], "little")
    if length > MAX_HEADER_BYTES:
        raise unusable(name, f"states a header of more than {MAX_HEADER_BYTES // 2**20} MiB")
    end = _LENGTH + length
    if end > size:
        raise unusable(name, f"is cut off: its header ends at byte {end}, the file at {size}")
    if end > len(start):
        start += _whole(checkpoint, name, len(start), end - len(start))
    return parse_json(_decoded(name, start[_LENGTH:end]), name), size - end


def _whole(checkpoint: Checkpoint, name: str, first: int, count: int) -> bytes:
    found = checkpoint.read(name, first, count)
    if len(found) != count:
        raise unusable(name, f"is cut off: {len(found)} bytes of {count} were read")
    return found


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise unusable(name, "is not UTF-8 text") from error


def unusable(name: str, reason: str, hint: str = "") -> ProfileError:
    """A file of the checkpoint that cannot be used."""
    problem = Problem(name, 1, 1, "", reason, hint)
    return ProfileError("the checkpoint cannot be read", problems=[problem])
