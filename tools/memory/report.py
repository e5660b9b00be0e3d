"""docs/reference/memory-errors.md: the estimate beside public start-up logs, by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from .errors import CLASSES, QUANTITIES, Error, Quantity, is_sized, ledger, percentile
from .fits import Fit, graph_fit, sampler_fit
from .observations import Observation, observations

WORST = 5
HEAD = """# How far the memory estimate is from start-up logs

Generated from `tests/plan/data/sizing_observations.csv` by `make memory-report`; do not edit.

Errors are estimates less logs: n rows, the median and the 90th percentile of their size, and
the bias (the median with its sign). Weights count once for each configuration, by the worst log.
How the numbers come about is in [How the memory estimate works](../explanation/memory.md).
"""
OUTLIERS = "The largest errors of each quantity, each *at* the logged number."
FITS = """Constants were fitted to these logs. *Left out* fits them once more without the source
of each row, and asks them of that row: what an unseen log would show. One source is the uniform
sweep of one card, so that leaving it out leaves few rows.
"""


def errors_page() -> str:
    """The page as Markdown."""
    rows = observations()
    parts = [HEAD, _counts(rows), "## All", _summary(rows), *_classes(rows), *_fits(rows)]
    parts += ["## Verdicts", _verdicts(rows), "## Outliers", OUTLIERS, *_outliers(rows)]
    parts += _left_out(rows)
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _counts(rows: Sequence[Observation]) -> str:
    sources = {each.source for each in rows}
    engines = Counter(each.row["engine"] for each in rows)
    named = ", ".join(f"{engine} {number}" for engine, number in sorted(engines.items()))
    return f"{len(rows)} start-ups of {len(sources)} sources: {named}."


def _summary(rows: Sequence[Observation]) -> str:
    found = ((each.title, each, each.errors(rows)) for each in QUANTITIES.values())
    return _table("quantity", ((title, *_numbers(kind, errors)) for title, kind, errors in found))


def _classes(rows: Sequence[Observation]) -> Iterator[str]:
    for quantity in QUANTITIES.values():
        errors = quantity.errors(rows)
        members = {
            name: [error for error in errors if suits(error.observation)]
            for name, suits in CLASSES.items()
        }
        yield f"## By class: {quantity.title}"
        numbers = ((name, *_numbers(quantity, some)) for name, some in members.items() if some)
        yield _table("class", numbers)


def _numbers(quantity: Quantity, errors: Sequence[Error]) -> tuple[str, ...]:
    signed = [quantity.size(error) for error in errors]
    sizes = [abs(size) for size in signed]
    numbers = (percentile(sizes, 0.5), percentile(sizes, 0.9), percentile(signed, 0.5))
    return (str(len(errors)), *(_shown(number, quantity.unit) for number in numbers))


def _shown(number: float, unit: str) -> str:
    number = 0.0 if abs(number) < 0.005 else number
    return f"{number:.1f} %" if unit == "%" else f"{number:.2f} GiB"


def _table(first: str, rows: Iterable[Sequence[str]]) -> str:
    heads = (first, "n", "median", "p90", "bias")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _fits(rows: Sequence[Observation]) -> Iterator[str]:
    yield "## Fitted constants, and unseen sources"
    yield FITS
    fits = (
        graph_fit(rows),
        sampler_fit(rows, "0.0.0", "0.17.0"),
        sampler_fit(rows, "0.17.0", "0.27.0"),
    )
    heads = ("constants", "n", "sources", "all together", "median, p90", "left out: median, p90")
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    yield "\n".join([*lines, *(_fit(each) for each in fits)])


def _fit(fit: Fit) -> str:
    constants = zip(fit.names, fit.constants(fit.rows), strict=True)
    together = ", ".join(f"{name} {value:.2f}" for name, value in constants)
    sources = len({each.source for each in fit.rows})
    errors = [_pair([abs(error) for error in some]) for some in (fit.errors(), fit.left_out())]
    return f"| {fit.title} | {len(fit.rows)} | {sources} | {together} | {errors[0]} | {errors[1]} |"


def _pair(sizes: Sequence[float]) -> str:
    return f"{percentile(sizes, 0.5):.2f}, {percentile(sizes, 0.9):.2f} GiB"


def verdicts(rows: Sequence[Observation]) -> dict[tuple[str, str], list[Observation]]:
    """Start-ups by what came of them and what the estimate says."""
    found: dict[tuple[str, str], list[Observation]] = {}
    for each in rows:
        if is_sized(each) and each.row["outcome"]:
            found.setdefault((each.row["outcome"], ledger(each).verdict), []).append(each)
    return found


def _verdicts(rows: Sequence[Observation]) -> str:
    found = verdicts(rows)
    kinds, outcomes = ("fits", "uncertain", "does not fit"), ("ok", "refused", "OOM")
    lines = ["| outcome | " + " | ".join(kinds) + " |", "|---|---|---|---|"]
    for outcome in outcomes:
        counts = " | ".join(str(len(found.get((outcome, kind), []))) for kind in kinds)
        lines.append(f"| {outcome} | {counts} |")
    wrong = [("ok", "does not fit"), ("refused", "fits"), ("OOM", "fits")]
    names = [
        f"- {outcome}, but {kind!r}: {each.name}"
        for outcome, kind in wrong
        for each in found.get((outcome, kind), [])
    ]
    return "\n".join([*lines, "", *(names or ["No verdict is wrong."])])


def _outliers(rows: Sequence[Observation]) -> Iterator[str]:
    for quantity in QUANTITIES.values():
        worst = sorted(quantity.errors(rows), key=lambda error: -abs(quantity.size(error)))[:WORST]
        lines = [f"{quantity.title}:", ""]
        lines += [
            f"- {_shown(quantity.size(error), quantity.unit)} at {error.logged:,.2f}: "
            f"{error.observation.name}"
            for error in worst
        ]
        yield "\n".join(lines)


def _left_out(rows: Sequence[Observation]) -> Iterator[str]:
    yield "## Not counted for the cache and the verdict"
    out = [each for each in rows if each.row["excluded"]]
    yield "\n".join(f"- {each.name}: {each.row['excluded']}" for each in out)
    unsized = sum(each.usable_gib is None for each in rows)
    yield f"Nor {unsized} rows that state neither the card's size nor a card of the catalog."
