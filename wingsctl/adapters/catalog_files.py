"""Catalog directories on disk: the user's first, then the shipped one."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from wingsctl.adapters import yaml_files
from wingsctl.adapters.assets import asset_dir
from wingsctl.adapters.catalog_names import check_catalog_dirs, file_stems
from wingsctl.adapters.json_files import parse_json
from wingsctl.adapters.text_files import read_regular, read_text
from wingsctl.adapters.user_cache import cache_dir, keep, kept
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.documents import Document


class CatalogFiles:
    """`DIR/<kind>/<name>.yaml` in several directories; an earlier directory wins.

    Raises ProfileError where one is no directory.
    """

    def __init__(self, user_dirs: Sequence[Path] = ()) -> None:
        check_catalog_dirs(user_dirs)
        self._shipped = asset_dir("profiles")
        self._dirs = [*user_dirs, self._shipped]

    def stems(self, kind: str) -> list[str]:
        """All file stems of a kind, sorted, each once."""
        return file_stems(self._dirs, kind)

    def load(self, kind: str, stem: str) -> tuple[Document, bool] | None:
        """The file that counts and whether it is the user's, or None."""
        path = self.path(kind, stem)
        if path is None:
            return None
        is_user = self._shipped not in path.parents
        file = str(path) if is_user else f"profiles/{kind}/{stem}.yaml"
        return _document(read_text(path), file), is_user

    def path(self, kind: str, stem: str) -> Path | None:
        """The file that counts for a name, or None."""
        paths = (folder / kind / f"{stem}.yaml" for folder in self._dirs)
        return next((path for path in paths if "/" not in stem and _is_file(path)), None)

    def flag_table(self, engine: str, version: str) -> Document | None:
        """The flag table of an engine version, or None; raises ProfileError if unreadable."""
        for folder in self._dirs:
            path = folder / "engines" / "flags" / f"{engine}-{version}.json"
            if _is_there(path):
                return parse_json(read_regular(path), str(path))
        return None


def _is_file(path: Path) -> bool:
    """Whether a file has that name; a name that no file can have is none's."""
    try:
        return path.is_file()
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    """Whether there is anything of that name, also what cannot be read."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _document(text: str, file: str) -> Document:
    """The parsed file; its data is kept in the user's cache, its places are found again.

    Parsing YAML costs more than all checks together, and the catalog hardly changes.
    """
    directory = cache_dir("catalog")
    if directory is None:
        return parse_yaml(text, file)
    place = directory / hashlib.sha256(_parser() + text.encode()).hexdigest()
    data = _from_json(kept(place))
    if data is not None:
        parsed = cache(lambda: parse_yaml(text, file))
        return Document(file, data, lambda path: parsed().locate(path))
    document = parse_yaml(text, file)
    if (content := _to_json(document.data)) is not None:
        keep(place, content)
    return document


@cache
def _parser() -> bytes:
    """The digest of the code that made the kept data: other code may read a text otherwise."""
    return hashlib.sha256(Path(yaml_files.__file__).read_bytes()).digest()


def _from_json(content: bytes | None) -> Any:
    try:
        return None if content is None else json.loads(content)
    except ValueError:
        return None


def _to_json(data: Any) -> bytes | None:
    """None where JSON has no words for it: a hexadecimal number of thousands of digits."""
    try:
        return json.dumps(data).encode()
    except ValueError:
        return None
