"""An image reference in its parts."""

from __future__ import annotations

import re

GATEWAY_REPOSITORY = "wings-infer"
"""The bare default, which no registry serves: the gateway's image has no public home yet."""


def split_image(image: str) -> tuple[str, str, str]:
    """`host:5000/repo:tag@sha256:...` as repository, tag and digest, each maybe empty."""
    found = re.match(r"^(.*?)(?::([^:/@]+))?(?:@(sha256:[0-9a-f]{64}))?$", image)
    return (found[1], found[2] or "", found[3] or "") if found else ("", "", "")
