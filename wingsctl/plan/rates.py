"""How fast files come from each kind of place, in MiB/s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wingsctl.plan.deployment import SourceKind


@dataclass(frozen=True)
class Rate:
    """Of a download (0: there is none) and of loading; `slowest...` are the slowest seen."""

    download: int
    slowest_download: int
    slowest_load: int
    words: str


_LOCAL = Rate(0, 0, 133, "a disk of the node")
_NETWORK = Rate(0, 0, 150, "a claim, perhaps over the network")
_TOKEN = Rate(100, 33, 133, "a hub")
_NO_TOKEN = Rate(
    100, 33, 133,
    "a hub, without a token, which may make it ten times slower",
)  # fmt: skip
"""The expected rates are assumptions; of the slowest ones

- 33 and 133 are a third of what is expected of a hub and of a disk (400), so that they never
  decide a deadline of three times the expected time;
- 150: loads from NFS and shared disks in public logs were two to three times slower than 400;
- downloads without a token were up to ten times slower than 100: a hub throttles them
  (generative-computing/granite-switch#43; NVIDIA/NemoClaw#7157; ollama/ollama#13297). No deadline
  waits for that: each start of a broken engine would be noticed hours later, and the cache keeps
  what has come.
"""


def rate_of(kind: SourceKind, source: Mapping[str, Any]) -> Rate:
    """`source` has the profile's shape; a hub's may name the Secret of a token."""
    if kind == "hub":
        throttles = source.get("hub") == "huggingface" and not source.get("tokenSecret")
        return _NO_TOKEN if throttles else _TOKEN
    return _NETWORK if kind == "pvc" else _LOCAL
