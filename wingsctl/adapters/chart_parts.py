"""The files of chart-templates/, read once, and a cache of compiled templates."""

from __future__ import annotations

import hashlib
import marshal
import sys
from pathlib import Path
from types import CodeType

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from wingsctl.adapters.assets import asset_dir
from wingsctl.adapters.user_cache import cache_dir, keep, kept


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


class CompiledTemplates(BytecodeCache):
    """Compiled templates in a directory, named by all that they were made from.

    Not Jinja's own FileSystemBytecodeCache: that one unpickles what it finds, and ends with a
    traceback where a file is damaged or the disk is full.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the bucket its code, where it is kept and whole."""
        content = kept(self._place(bucket))
        if content is None:
            return
        try:
            code = marshal.loads(content)  # noqa: S302 - a file of this user's, see user_cache
        except (EOFError, TypeError, ValueError):
            return
        bucket.code = code if isinstance(code, CodeType) else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the bucket's code."""
        keep(self._place(bucket), marshal.dumps(bucket.code))

    def _place(self, bucket: Bucket) -> Path:
        parts = [sys.version, jinja2.__version__, bucket.key, bucket.checksum]
        return self._directory / hashlib.sha256("\0".join(parts).encode()).hexdigest()


def template_cache() -> BytecodeCache | None:
    """Compiled templates in the user's cache directory, or None where there is none to be used."""
    directory = cache_dir("templates")
    return CompiledTemplates(directory) if directory else None
