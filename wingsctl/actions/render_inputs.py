"""Everything a chart was made from, as digests: equal inputs make an equal chart.

So that an unchanged chart is recognised without planning it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from wingsctl.actions.profile_request import STDIN
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.chart_dir import digest, is_whole, recorded_inputs
from wingsctl.adapters.tool_digest import tool_digest

Inputs = dict[str, str | None]
_NAME = re.compile(r"^name: *['\"]?([a-z][-a-z0-9]*)", re.MULTILINE)


class RenderInputs:
    """Digests of inputs; the program and the catalog are read once."""

    def __init__(self, catalog_dirs: Sequence[Path], gateway_image: str) -> None:
        self._store = CatalogFiles(catalog_dirs)
        self._fixed: Inputs = {
            "program": tool_digest(),
            "gatewayImage": digest(gateway_image.encode()),
        }
        self._known: Inputs = {}

    def of(self, profile: str, names: Iterable[str]) -> Inputs | None:
        """The digests of the profile and of the named inputs; None for standard input.

        Names are `catalog:KIND/STEM`, `flags:ENGINE-VERSION` and `file:PATH`, the last
        relative to the profile.
        """
        path = Path(profile)
        if profile == STDIN or not path.is_file():
            return None
        found: Inputs = {**self._fixed, "profile": digest(path.read_bytes())}
        for name in names:
            if name not in found:
                found[name] = self._digest(name, path.parent)
        return found

    def is_current(self, profile: str, output_dir: Path) -> Path | None:
        """The chart's directory where it is what rendering would make, else None."""
        path = Path(profile)
        if profile == STDIN or not path.is_file():
            return None
        name = _NAME.search(path.read_text(encoding="utf-8", errors="replace"))
        directory = output_dir / name[1] if name else None
        if directory is None or not (names := recorded_inputs(directory)):
            return None
        inputs = self.of(profile, names)
        return directory if inputs and is_whole(directory, inputs) else None

    def _digest(self, name: str, base: Path) -> str | None:
        kind, _, rest = name.partition(":")
        if kind == "file":
            path = base / rest
            return digest(path.read_bytes()) if path.is_file() else None
        if name not in self._known:
            data = (
                self._store.bytes_of("engines/flags", rest, "json")
                if kind == "flags"
                else self._store.bytes_of(*rest.split("/", 1))
            )
            self._known[name] = digest(data) if data is not None else None
        return self._known[name]
