"""The files of chart-templates/, read once, and a cache of compiled templates."""

from __future__ import annotations

from jinja2 import BytecodeCache, FileSystemBytecodeCache

from wingsctl.adapters.assets import asset_dir
from wingsctl.adapters.user_cache import cache_dir


class ChartParts:
    """Texts of the template files by part and relative path."""

    def __init__(self) -> None:
        self._root = asset_dir("chart-templates")
        self._texts: dict[str, str] = {}
        self._listing: dict[str, list[str]] = {}

    def files(self, part: str) -> list[str]:
        """Relative paths of a part's files, sorted."""
        if part not in self._listing:
            folder = self._root / part
            found = (path for path in folder.rglob("*") if path.is_file())
            self._listing[part] = sorted(path.relative_to(folder).as_posix() for path in found)
        return self._listing[part]

    def text(self, part: str, path: str) -> str:
        """The text of one file of a part."""
        return self.named(f"{part}/{path}")

    def named(self, name: str) -> str:
        """The text of a file by its path below chart-templates/."""
        if name not in self._texts:
            self._texts[name] = (self._root / name).read_text(encoding="utf-8")
        return self._texts[name]


def template_cache() -> BytecodeCache | None:
    """Compiled templates in the user's cache directory, or None where it is not writable.

    Jinja keys the entries by the template's text, so a stale one is never used.
    """
    directory = cache_dir("templates")
    return FileSystemBytecodeCache(str(directory)) if directory else None
