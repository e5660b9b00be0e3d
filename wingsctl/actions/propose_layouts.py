"""Answers and the nodes there are -> layouts that hold the model, the best one first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wingsctl.actions.layout import Layout, Search, plan_layout, planned, unplannable
from wingsctl.actions.no_layout import SMALL_GIB, no_layout
from wingsctl.catalog.catalog import Catalog
from wingsctl.plan.cluster_pools import Pool
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.layout_order import best_first
from wingsctl.plan.layout_shapes import group_shapes, single_shapes
from wingsctl.plan.new_profile import CPU, CPU_LENGTH, Answers, needs_of
from wingsctl.plan.parsers import KEYS

LENGTH = 32_768
"""Tokens of a request, unless another length is given or the context is what matters."""
ENOUGH = 4
"""Requests at once that a layout should still hold when longer ones are let in."""
LEAST_LENGTH = 8_192
"""What one node is still taken for, before several are."""
REQUESTS = {"throughput": 8}
"""At once, where no number is given; else one."""
MOST = 3


def propose_layouts(
    answers: Answers,
    pools: Sequence[Pool],
    catalog: Catalog,
    prices: Mapping[str, float],
    base: Path,
) -> list[Layout]:
    """At most three, and one of each kind of card that holds the model.

    `base` is the directory of the profile. Raises ProfileError for a model or an engine that
    is not known, PlanError where nothing holds the model.
    """
    start = Search(answers, catalog, base, prices, requests=_requests(answers))
    searches = [(_opened(start, pool), pool) for pool in pools]
    found = [each for search, pool in searches for each in _usable(list(_of_pool(search, pool)))]
    if not found:
        raise no_layout(searches)
    ordered = best_first(answers.goal, found, lambda each: each.measure)
    return _chosen(sorted(ordered, key=lambda each: each.verdict != "fits"))


def _usable(found: Sequence[Layout]) -> list[Layout]:
    """What fits; where nothing does, what is uncertain."""
    fitting = [each for each in found if each.verdict == "fits"]
    return fitting or [each for each in found if each.verdict == "uncertain"]


def _chosen(ordered: Sequence[Layout]) -> list[Layout]:
    """The best of each pool, then the next best."""
    first: dict[tuple[str, str], Layout] = {}
    for each in ordered:
        first.setdefault((each.pool.accelerator, each.pool.resource), each)
    kept = {id(each) for each in first.values()}
    for each in ordered:
        if len(kept) < MOST:
            kept.add(id(each))
    return [each for each in ordered if id(each) in kept]


def _requests(answers: Answers) -> int:
    return answers.requests or REQUESTS.get(answers.goal, 1)


def _opened(start: Search, pool: Pool) -> Search:
    """One device is planned first: it shows what the model is, and what is wrong."""
    plan, problems = planned(start, pool, (1, 1), None)
    if plan is None:
        raise unplannable(start.answers.model, problems)
    if plan.model.is_assumed:
        raise unplannable(start.answers.model, [])
    version, gib = plan.engine.version, plan.model.weights_gib
    needs = needs_of(plan.model.profile, plan.engine.profile, version, gib)
    search = replace(
        start,
        answers=_with_full_name(start.answers, plan),
        needs=needs,
        length=_wished(start.answers, plan),
    )
    return _with_parsers(search, pool, plan)


def _with_full_name(answers: Answers, plan: DeploymentPlan) -> Answers:
    """The repository's name in the place of its last part."""
    full = plan.model.profile.name if plan.model.profile else answers.model
    is_short = "/" not in answers.model and full.lower().endswith(f"/{answers.model.lower()}")
    return replace(answers, model=full) if is_short else answers


def _with_parsers(search: Search, pool: Pool, plan: DeploymentPlan) -> Search:
    """With the keys for which this version of the engine has the model's own parser.

    The plan decides that: where it knows none, it makes no argument of the key.
    """
    keys = {KEYS[flag.kind][0]: flag.flag for flag in plan.engine.profile.parsers}
    tried = replace(search, needs=replace(search.needs, parsers=dict.fromkeys(keys, "")))
    again, _ = planned(tried, pool, (1, 1), None)
    chosen = {each.key: str(each.value) for each in again.decisions} if again else {}
    parsers = {
        key: name for key, flag in keys.items() if (name := chosen.get(f"engine.args.{flag}"))
    }
    return replace(search, needs=replace(search.needs, parsers=parsers))


def _wished(answers: Answers, plan: DeploymentPlan) -> int | None:
    modality = plan.model.profile.modality if plan.model.profile else None
    if answers.length or (modality and modality.task not in (None, "generation")):
        return answers.length
    own = plan.fit.request.model.positions if plan.fit else None
    if answers.goal == "context":
        return own
    return min(own, LENGTH) if own else None


def _of_pool(search: Search, pool: Pool) -> Iterator[Layout]:
    """Single nodes, then with a shorter length, then groups: each where those before do not do."""
    if pool.accelerator == CPU:
        yield from _on_cpu(search, pool)
        return
    lengths = [search.length, None] if _is_open(search.answers) else [search.length]
    for length in lengths:
        found = list(_on_one_node(search, pool, length))
        yield from found
        if any(_is_enough(search, each) for each in found):
            return
    for length in lengths:
        found = list(_on_groups(search, pool, length))
        yield from found
        if any(each.verdict == "fits" for each in found):
            return


def _is_enough(search: Search, layout: Layout) -> bool:
    """Whether more nodes are not worth their network."""
    long_enough = search.length if search.answers.goal == "context" else LEAST_LENGTH
    least = min(search.length or 0, long_enough or 0)
    reached = layout.length if isinstance(layout.length, int) else 0
    return layout.verdict == "fits" and reached >= least


def _is_open(answers: Answers) -> bool:
    """Whether a shorter length, and fewer requests, are still an answer."""
    return answers.length is None and answers.requests is None


def _on_cpu(search: Search, pool: Pool) -> Iterator[Layout]:
    if search.needs.weights_gib <= SMALL_GIB:
        length = search.answers.length or min(search.length or CPU_LENGTH, CPU_LENGTH)
        layout = plan_layout(search, pool, (1, 1), length)
        yield from [layout] if layout else []


def _on_one_node(search: Search, pool: Pool, length: int | None) -> Iterator[Layout]:
    for shape in single_shapes(search.answers, pool):
        layout = plan_layout(search, pool, shape, length)
        yield from [_lengthened(search, layout)] if layout else []


def _on_groups(search: Search, pool: Pool, length: int | None) -> Iterator[Layout]:
    """Up to the first that fits."""
    for shape in group_shapes(search.answers, pool):
        layout = plan_layout(search, pool, shape, length)
        yield from [_lengthened(search, layout)] if layout else []
        if layout and layout.verdict == "fits":
            return


def _lengthened(search: Search, layout: Layout) -> Layout:
    """With the model's own length, a half or a quarter of it, where enough such requests fit."""
    fit = layout.plan.fit
    own = fit.request.model.positions if fit else None
    if search.answers.length or not own or not search.length or layout.length != search.length:
        return layout
    if layout.verdict != "fits" or not layout.tokens:
        return layout
    shape, least = (layout.count, layout.nodes), max(ENOUGH, search.requests)
    for length in (own, own // 2, own // 4):
        if length > search.length and layout.tokens >= least * length:
            longer = plan_layout(search, layout.pool, shape, length)
            if longer and longer.verdict == "fits" and longer.requests >= least:
                return longer
    return layout
