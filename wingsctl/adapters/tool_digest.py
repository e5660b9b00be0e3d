"""A digest of the program itself: of its code and its chart templates."""

from __future__ import annotations

import hashlib
from pathlib import Path

from wingsctl.adapters.assets import asset_dir


def tool_digest() -> str:
    """Changes with every change that could change a rendered chart."""
    package = Path(__file__).resolve().parent.parent
    code = (path for path in package.rglob("*.py") if "_assets" not in path.parts)
    templates = (path for path in asset_dir("chart-templates").rglob("*") if path.is_file())
    whole = hashlib.sha256()
    for path in [*sorted(code), *sorted(templates)]:
        data = path.read_bytes()
        whole.update(b"%d:" % len(data) + data)
    return whole.hexdigest()
