"""Which accelerators hold a model, how many of each, and what is left: one plan after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wingsctl.actions.layout import Search, planned, unplannable
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.text_files import read_regular
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.catalog import Catalog
from wingsctl.documents import did_you_mean
from wingsctl.errors import ProfileError
from wingsctl.plan.cluster_pools import Pool
from wingsctl.plan.new_profile import Answers

SHAPES = ((1, 1), (2, 1), (4, 1), (8, 1), (8, 2), (8, 4))
"""Accelerators of a pod, and nodes: what machines have, smallest first."""


@dataclass(frozen=True)
class FitRequest:
    """What is to be served; `requests` at once, each of `length` tokens (the model's own: None)."""

    model: str
    engine: str = "vllm"
    length: int | None = None
    requests: int = 1
    accelerators: Sequence[str] = ()
    """Only these; all of the catalog where none is named."""
    prices: Path | None = None
    catalog_dirs: Sequence[Path] = ()


@dataclass(frozen=True)
class Offer:
    """One way to serve the model. Sizes are GiB on each card."""

    accelerator: str
    cards: int
    nodes: int
    tensor: int
    pipeline: int
    expert: int
    """Above 1 each rank holds whole experts."""
    verdict: str
    length: int | str
    tokens: int | None
    requests: float
    weights_gib: float
    spare_gib: float
    """What the wanted requests leave of the cache."""
    memory_gib: float
    """Of all cards, as on their boxes."""
    price: float | None = None
    """An hour of all cards."""
    reason: str = ""
    """Why it is refused."""


def fit_model(request: FitRequest) -> list[Offer]:
    """All offers, cheapest first.

    Of each accelerator the smallest shape that fits, and smaller ones that are uncertain.

    Of an accelerator that is named also what does not fit. Raises ProfileError for a model,
    engine or accelerator that is not known, and for prices that are none.
    """
    catalog = Catalog(CatalogFiles(request.catalog_dirs))
    prices = read_prices(request.prices)
    for name in request.accelerators:
        _check_known(catalog, name)
    names = request.accelerators or catalog.names("accelerators")
    search = Search(_answers(request), catalog, Path.cwd(), prices)
    offers = [offer for name in names for offer in _offers(request, search, name)]
    return sorted(offers, key=_cost)


def _answers(request: FitRequest) -> Answers:
    is_path = Path(request.model).exists()
    model, config = ("own/model", request.model) if is_path else (request.model, "")
    return Answers(model, "fit", config, request.engine)


def _check_known(catalog: Catalog, name: str) -> None:
    if catalog.accelerator(name) is None:
        hint = did_you_mean(name, catalog.names("accelerators"))
        raise ProfileError(f"no accelerator {name!r} in the catalog", hint=hint)


def _cost(offer: Offer) -> tuple[bool, float, float, int, str]:
    """What has no price comes last, by the memory that it takes."""
    price = offer.price if offer.price is not None else 0
    return offer.price is None, price, offer.memory_gib, offer.cards, offer.accelerator


def _offers(request: FitRequest, search: Search, name: str) -> Iterator[Offer]:
    """Up to the first that fits."""
    is_named = bool(request.accelerators)
    for count, nodes in SHAPES:
        offer = _offer(request, search, name, (count, nodes))
        if offer.verdict in ("fits", "uncertain") or is_named:
            yield offer
        if offer.verdict == "fits":
            return


def _offer(request: FitRequest, search: Search, name: str, shape: tuple[int, int]) -> Offer:
    plan, problems = planned(search, Pool(name), shape, request.length)
    errors = [each.message for each in problems if each.severity == "error"]
    cards, price = shape[0] * shape[1], search.prices.get(name)
    fit = plan.fit if plan else None
    if plan is None or fit is None:
        raise unplannable(request.model, problems)
    ledger, wanted = fit.ledger, request.requests
    each_gib = ledger.kv_gib / ledger.requests if ledger.requests else 0.0
    is_short = wanted > 1 and ledger.requests < wanted
    verdict = "does not fit" if is_short else fit.verdict
    refusal = next((each for each in errors if "does not fit" not in each), "")
    return Offer(
        accelerator=name,
        cards=cards,
        nodes=shape[1],
        tensor=plan.parallel.tensor,
        pipeline=plan.parallel.pipeline,
        expert=plan.parallel.expert,
        verdict="refused" if refusal else verdict,
        length=plan.model.max_length,
        tokens=ledger.tokens,
        requests=round(ledger.requests, 1),
        weights_gib=round(ledger.weights_gib, 2),
        spare_gib=round(ledger.kv_gib - wanted * each_gib, 2),
        memory_gib=cards * (plan.accelerator.memory_gib if plan.accelerator else 0),
        price=round(cards * price, 2) if price is not None else None,
        reason=refusal,
    )


def read_prices(path: Path | None) -> dict[str, float]:
    """Accelerator -> price of one for an hour, from a YAML file; raises ProfileError."""
    if path is None:
        return {}
    document = parse_yaml(read_regular(path), str(path))
    data = document.data
    if not isinstance(data, dict):
        raise ProfileError(
            f"{path} is no list of prices", hint="write lines such as nvidia-h200: 3.5"
        )
    problems = [
        document.problem((str(name),), f"must be a price, a number, not {value!r}")
        for name, value in data.items()
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0
    ]
    if problems:
        raise ProfileError(f"{path} is no list of prices", problems=problems)
    return {str(name): float(value) for name, value in data.items()}
