"""The header of a safetensors file, and the index of several -> tensors.

The format: 8 bytes with the header's length, the header as JSON, then the bytes of all tensors
without gaps (github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wingsctl.documents import Document, Problem, first_problems
from wingsctl.errors import ProfileError
from wingsctl.models.tensors import BITS, Tensor

METADATA = "__metadata__"
MAX_SIDES = 16
"""Sides of a tensor; published ones have at most five."""
MAX_NAME = 1024
"""Characters; published names have fewer than 200."""
MAX_VALUE = 2**53
"""A file of that size would be eight thousand TiB."""


def parse_tensor_header(document: Document, size: int) -> tuple[Tensor, ...]:
    """The tensors of one file, of which `size` bytes follow the header.

    Raises ProfileError with everything that cannot be: an unknown type, a shape that does not
    fit its bytes, bytes that overlap, are outside of the file or belong to no tensor.
    """
    if not isinstance(document.data, dict):
        raise _refused(document, [document.problem((), "is not a JSON object")])
    entries = {name: each for name, each in document.data.items() if name != METADATA}
    problems = [each for name, entry in entries.items() for each in _wrong(document, name, entry)]
    if not problems:
        problems = list(_gaps(document, entries, size))
    if problems:
        raise _refused(document, problems)
    return tuple(
        Tensor(name, entry["dtype"], tuple(entry["shape"])) for name, entry in entries.items()
    )


def _wrong(document: Document, name: str, entry: Any) -> Iterator[Problem]:
    """What is wrong with one tensor."""
    if len(name) > MAX_NAME:
        yield document.problem((name,), f"has a name of more than {MAX_NAME} characters")
    if not isinstance(entry, dict):
        yield document.problem((name,), "is not a JSON object")
        return
    dtype: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    offsets: Any = entry.get("data_offsets")
    if not isinstance(dtype, str) or dtype not in BITS:
        yield document.problem((name,), f"has no known type of number: {_cut(dtype)}")
    if not _are_sizes(shape) or len(shape) > MAX_SIDES:
        yield document.problem((name,), f"has no usable shape: {_cut(shape)}")
    elif not _are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        yield document.problem((name,), f"has no usable data_offsets: {_cut(offsets)}")
    elif isinstance(dtype, str) and dtype in BITS:
        yield from _misfit(document, Tensor(name, dtype, tuple(shape)), offsets)


def _misfit(document: Document, tensor: Tensor, offsets: list[int]) -> Iterator[Problem]:
    held = offsets[1] - offsets[0]
    if tensor.values > MAX_VALUE or tensor.values * BITS[tensor.dtype] != held * 8:
        shape = "x".join(map(str, tensor.shape)) or "one value"
        yield document.problem(
            (tensor.name,), f"has {held} bytes, which {shape} of {tensor.dtype} do not take"
        )


def _gaps(document: Document, entries: Mapping[str, Any], size: int) -> Iterator[Problem]:
    """Where bytes belong to no tensor, or to two."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda each: each[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        if first != end:
            word = "overlaps the tensor before it" if first < end else "leaves a gap before it"
            yield document.problem((name,), f"{word}: its bytes start at {first}, not {end}")
        end = max(end, last)
    if end != size:
        yield document.problem((), f"lists {end} bytes of tensors, and {size} follow the header")


def parse_shard_index(document: Document) -> dict[str, str]:
    """Tensor -> file, of model.safetensors.index.json; raises ProfileError."""
    found = document.data.get("weight_map") if isinstance(document.data, dict) else None
    if not isinstance(found, dict) or not found:
        raise _refused(document, [document.problem((), "has no weight_map")])
    problems = [
        document.problem(("weight_map", name), f"is in no file of this directory: {_cut(file)}")
        for name, file in found.items()
        if not isinstance(file, str) or "/" in file or "\\" in file or not file
    ]
    if problems:
        raise _refused(document, problems)
    return found


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, int) and not isinstance(each, bool) and 0 <= each <= MAX_VALUE
        for each in value
    )


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refused(document: Document, problems: list[Problem]) -> ProfileError:
    return ProfileError(f"{document.file} is not valid", problems=first_problems(problems))
