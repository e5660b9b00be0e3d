"""What a chart's schema refuses, and by which key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.support.helm import HelmBinary
from tests.support.umbrella import Umbrella, Values


def unblamed(
    helm: HelmBinary, place: Path, rows: Mapping[str, tuple[Path, Values, str]]
) -> dict[str, str]:
    """The rows (chart, values, key) that helm does not refuse by their key, and what it says."""
    umbrella = Umbrella(
        place, {label: (chart, values) for label, (chart, values, _) in rows.items()}
    )
    refused = umbrella.refusals(helm)
    return {
        label: refused.get(label, "passes")
        for label, (*_, key) in rows.items()
        if key not in blamed(refused.get(label, ""))
    }


def blamed(text: str) -> set[str]:
    """The key paths that either helm's schema error names."""
    paths = set()
    for place, message in re.findall(
        r"(?m)^ *- (?:at '(?=.*': ))?(.*?)(?:(?<=\w)'|')?: (.*)$", text
    ):
        path = place.strip("/'").replace("/", ".") if place.startswith("/") else place
        path = path.replace("~1", "/").replace("~0", "~").replace("(root)", "")
        inner = re.findall(r"[Aa]dditional propert(?:y|ies) (.+?) (?:is )?not allowed", message)
        missing = re.findall(r"^missing propert(?:y|ies) (.+)$", message)
        missing += re.findall(r"^(\w+) is required$", message)
        names = [name.strip("' ") for found in (*inner, *missing) for name in found.split(", ")]
        paths.add(path)
        paths |= {f"{path}.{name}".lstrip(".") for name in names}
    return paths
