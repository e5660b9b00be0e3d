"""An image -> which engine it holds, its version, and the profile's keys for it."""

from __future__ import annotations

import re

from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.versions import applies
from wingsctl.convert.conversion import Conversion
from wingsctl.convert.fields import Fields
from wingsctl.plan.image_reference import split_image

_VERSION = re.compile(r"^v?([0-9]+\.[0-9]+\.[0-9]+(?:\.?(?:post|rc)[0-9]+)?)(?![0-9.])")
_MOVING = ("", "latest", "nightly", "dev", "main")


def engine_of_image(image: str) -> str:
    """`vllm` or `sglang` by the image's name, empty where it names neither."""
    repository = image.split("@", maxsplit=1)[0].lower()
    return next((name for name in ("sglang", "vllm") if name in repository), "")


def version_of_image(image: str) -> str:
    """The engine's version in the tag, empty where it gives none."""
    found = _VERSION.match(split_image(image)[1])
    return found[1] if found else ""


def read_image(conversion: Conversion, fields: Fields) -> None:
    """The engine's image; `conversion.workload.engine` and `version` must be set."""
    workload, image = conversion.workload, fields.text()
    workload.image, engine = image, workload.engine
    if not image or engine is None:
        fields.dropped("names no engine", "give --engine NAME")
        return
    repository, tag, digest = split_image(image)
    bare = re.sub(r"^(docker\.io|index\.docker\.io)/", "", repository)
    is_own = bare in {each.repository for each in engine.images}
    if workload.version:
        conversion.draft.put("engine.version", workload.version)
    if is_own and not digest and tag in _own_tags(engine, bare, workload.version):
        fields.changed("engine.version", "its image follows from version and accelerator")
    elif is_own and not digest and tag in _MOVING:
        _moving(conversion, fields, tag)
    else:
        _own_image(conversion, fields, (repository, tag, digest))


def _moving(conversion: Conversion, fields: Fields, tag: str) -> None:
    note = f"{tag or 'no tag'} names no version: the newest that suits the card is taken"
    fields.changed("engine.version", note, "set engine.version to the version that runs now")


def _own_tags(engine: EngineProfile, repository: str, version: str) -> list[str]:
    """The tags that wingsctl would take for a version."""
    if not version:
        return []
    rows = [each for each in engine.images if each.repository == repository]
    return [each.tag.replace("{version}", version) for each in rows if applies(each, version)]


def _own_image(conversion: Conversion, fields: Fields, parts: tuple[str, str, str]) -> None:
    repository, tag, digest = parts
    for name, value in (("repository", repository), ("tag", tag), ("digest", digest)):
        if value and not (name == "tag" and digest):
            reason = conversion.refusal(f"engine.image.{name}", value)
            if reason is not None:
                fields.dropped(*reason)
                return
    fields.carried("engine.image")
    if not conversion.workload.version:
        conversion.warn(
            fields,
            "the tag names no version of the engine",
            "set engine.version to the one in the image: the newest is assumed",
        )
