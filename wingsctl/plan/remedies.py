"""Changes of a profile after which the model fits: each has been planned, and works as it stands.

A change maps key paths of the profile to values. Only what brings no further problem is proposed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.engine import EngineProfile
from wingsctl.catalog.entry_model import entry_formats, entry_model
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Key, KeyPath, dotted
from wingsctl.plan.deployment import Parallel
from wingsctl.plan.memory import MemoryRequest, largest_length
from wingsctl.plan.memory_request import settings_of

Change = dict[KeyPath, Any]
FEWER_REQUESTS = (256, 64)
COUNTS = (2, 4, 8)
"""Accelerators of one machine."""
NODES = (2, 4)
SHOWN = 4
SHORTHANDS = ("model", "engine", "accelerator")
"""Sections that may be written as a name alone."""


@dataclass(frozen=True)
class Unfit:
    """A profile whose model does not fit, and what its plan has found out."""

    document: Document
    profile: Profile
    engine: EngineProfile
    parallel: Parallel
    request: MemoryRequest


def remedies(unfit: Unfit, catalog: Catalog, works: Callable[[Document], bool]) -> list[str]:
    """Up to four changes, cheapest first, each as `key: value`; `works` plans a changed profile.

    Of each kind the smallest that works. Several settings at once are only proposed where none
    alone helps.
    """

    def first(changes: Iterator[Change]) -> Iterator[Change]:
        return islice((each for each in changes if works(changed(unfit.document, each))), 1)

    alone = (change for kind in _kinds(unfit, catalog) for change in first(kind))
    found = list(islice(alone, SHOWN)) or list(first(_together(unfit)))
    return [_words(change) for change in found]


def changed(document: Document, change: Change) -> Document:
    """The same document with other values."""
    data = document.data
    for path, value in change.items():
        data = _with(data, path, value)
    return replace(document, data=data)


def _with(data: Any, path: KeyPath, value: Any) -> Any:
    if not path:
        return value
    inner = {"name": data} if isinstance(data, str) else dict(data or {})
    inner[path[0]] = _with(inner.get(path[0]), path[1:], value)
    return inner


def _words(change: Change) -> str:
    return ", ".join(f"{dotted(path)}: {_shown(value)}" for path, value in change.items())


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kinds(unfit: Unfit, catalog: Catalog) -> Iterator[Iterator[Change]]:
    """Changes of one setting, in the order in which they cost least."""
    yield _fewer_requests(unfit)
    yield _smaller_cache(unfit)
    yield _wider_split(unfit)
    yield _shorter_length(unfit, unfit.request)
    yield _more_cards(unfit)
    yield _quantized(unfit, catalog)
    yield _more_nodes(unfit)


def _together(unfit: Unfit) -> Iterator[Change]:
    """What saves memory on the same cards, all at once; then on more of them."""
    saving: Change = {}
    for change in (*islice(_smaller_cache(unfit), 1), *list(_fewer_requests(unfit))[-1:]):
        saving |= change
    request = replace(
        unfit.request,
        max_requests=min(settings_of(unfit.request).requests, FEWER_REQUESTS[-1]),
        kv_cache_type=unfit.request.small_cache_type or unfit.request.kv_cache_type,
    )
    yield saving
    for shorter in _shorter_length(unfit, request):
        yield saving | shorter
    for more in (*_more_cards(unfit), *_more_nodes(unfit)):
        yield saving | more


def _fewer_requests(unfit: Unfit) -> Iterator[Change]:
    flag, now = unfit.engine.max_requests_flag, settings_of(unfit.request).requests
    if flag:
        yield from ({_argument(unfit, flag): each} for each in FEWER_REQUESTS if each < now)


def _argument(unfit: Unfit, flag: str) -> KeyPath:
    """An argument under the name that the profile has for it."""
    args = unfit.profile.engine.args
    return "engine", "args", next((name for name in args if name.replace("_", "-") == flag), flag)


def _smaller_cache(unfit: Unfit) -> Iterator[Change]:
    kind = unfit.request.small_cache_type
    if kind and kind != unfit.request.kv_cache_type:
        yield {("model", "kvCacheType"): kind}


def _shorter_length(unfit: Unfit, request: MemoryRequest) -> Iterator[Change]:
    longest, written = largest_length(request), unfit.profile.model.max_length
    if longest and isinstance(written, int) and longest < written:
        yield {("model", "maxLength"): longest}


def _wider_split(unfit: Unfit) -> Iterator[Change]:
    """Over cards that so far run copies of the model."""
    data, tensor = unfit.parallel.data, unfit.parallel.tensor
    for factor in COUNTS:
        if data % factor == 0:
            yield _split(unfit, tensor * factor) | {("parallelism", "data"): data // factor}


def _more_cards(unfit: Unfit) -> Iterator[Change]:
    count = unfit.profile.accelerator.count
    for more in COUNTS:
        if more > count and more % count == 0:
            split = _split(unfit, unfit.parallel.tensor * more // count)
            yield {("accelerator", "count"): more} | (split if _writes(unfit, "tensor") else {})


def _more_nodes(unfit: Unfit) -> Iterator[Change]:
    """Of full machines, by the network that every cluster has."""
    if unfit.profile.nodes > 1:
        return
    full = COUNTS[-1]
    cards: Change = {("accelerator", "count"): full}
    change: Change = cards if unfit.profile.accelerator.count < full else {}
    change |= {} if unfit.profile.fabric else {("fabric",): "ethernet"}
    for nodes in NODES:
        if _writes(unfit, "tensor") or _writes(unfit, "pipeline"):
            change |= _split(unfit, full) | {("parallelism", "pipeline"): nodes}
        yield {**change, ("nodes",): nodes}


def _split(unfit: Unfit, tensor: int) -> Change:
    change: Change = {("parallelism", "tensor"): tensor}
    if _writes(unfit, "expert"):
        change[("parallelism", "expert")] = unfit.parallel.expert * tensor // unfit.parallel.tensor
    return change


def _writes(unfit: Unfit, key: Key) -> bool:
    written = unfit.document.data.get("parallelism")
    return isinstance(written, Mapping) and key in written


def _quantized(unfit: Unfit, catalog: Catalog) -> Iterator[Change]:
    """Entries of the same sizes whose weights are smaller, where the engine fetches them."""
    section = unfit.profile.model
    source = section.source
    is_fetched = source is None or bool(source.huggingface or source.modelscope)
    if section.config or section.quantization or not is_fetched:
        return
    stem = section.name.rsplit("/", 1)[-1].lower()
    for name in catalog.names("models"):
        entry = catalog.model(name) if name.startswith(f"{stem}-") else None
        if entry and entry_formats(entry.profile) and _is_alike(entry_model(entry.profile), unfit):
            yield {("model", "name"): entry.profile.name}


def _is_alike(model: Any, unfit: Unfit) -> bool:
    own = unfit.request.model
    return bool(model) and (model.hidden, len(model.layers)) == (own.hidden, len(own.layers))
