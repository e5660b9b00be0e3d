"""What the engine's run at start-up does, as far as a profile's arguments change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wingsctl.plan.arguments import Arguments, as_mapping, whole

SMALLEST_PATCH = 28
"""Pixels of an image on one side that make one token: 28 (Qwen2-VL, 2.5-VL) or 32 (3-VL, 3.5)."""


@dataclass(frozen=True)
class ProfileRun:
    """The run of dummy requests and images that comes before the cache, and the graphs."""

    graph_sizes: tuple[int, ...] | None = None
    """Tokens of each batch that is captured; () captures none, None leaves it to the engine."""
    graph_limit: int | None = None
    """Tokens of the largest batch, where the sizes are the engine's own."""
    has_images: bool = True
    """False where the run leaves them out, or no encoder is loaded."""
    image_tokens: int | None = None
    """The most of one image, where an argument limits its size."""
    keeps_prefixes: bool | None = None
    """Whether the cache keeps prefixes; None leaves it to the engine."""


PLAIN = ProfileRun()


def profile_run(arguments: Arguments) -> ProfileRun:
    """Of a profile's arguments."""
    prefixes = arguments.get("prefixes")
    return ProfileRun(
        graph_sizes=_sizes(arguments),
        graph_limit=arguments.whole("largestGraph"),
        has_images=not (arguments.has("noImages") or _images(arguments.get("imageLimit")) == 0),
        image_tokens=_tokens(arguments.get("imagePixels")),
        keeps_prefixes=None if prefixes is None else arguments.has("prefixes"),
    )


def _sizes(arguments: Arguments) -> tuple[int, ...] | None:
    """Of a list in JSON or YAML, or of one number, which is a list of one."""
    if arguments.has("noGraphs") or str(arguments.get("graphMode") or "").upper() == "NONE":
        return ()
    value = arguments.get("graphSizes")
    if value is None:
        return None
    texts = value if isinstance(value, list | tuple) else str(value).strip("[]").split(",")
    sizes = tuple(size for each in texts if (size := whole(str(each).strip())))
    return sizes or None


def _images(value: Any) -> int | None:
    """The most images and videos of a request; None where they are not limited."""
    if (plain := _count(value)) is not None:
        return plain
    limits = as_mapping(value)
    counts = [_count(limits.get(kind)) for kind in ("image", "video")]
    return None if None in counts else sum(each or 0 for each in counts)


def _count(value: Any) -> int | None:
    """A number from 0 on, or an object with one as `count`."""
    found = as_mapping(value).get("count", value)
    return 0 if str(found) == "0" else whole(found)


def _tokens(pixels: Any) -> int | None:
    found = whole(pixels)
    return found // SMALLEST_PATCH**2 if found else None
