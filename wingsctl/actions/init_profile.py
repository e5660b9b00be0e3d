"""Answers -> proposals -> the text of a profile, written or handed out."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wingsctl.actions.fit_model import read_prices
from wingsctl.actions.init_checks import STDOUT, SUFFIX, check_answers, is_path
from wingsctl.actions.layout import Layout
from wingsctl.actions.profile_comments import comments_of, head_of
from wingsctl.actions.profile_text import profile_text
from wingsctl.actions.propose_layouts import propose_layouts
from wingsctl.actions.referenced_files import load_referenced
from wingsctl.adapters.catalog_files import CatalogFiles
from wingsctl.adapters.cluster_nodes import load_nodes, read_nodes
from wingsctl.adapters.user_files import write_user_file
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.catalog.catalog import Catalog
from wingsctl.catalog.parse import parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Problem
from wingsctl.errors import PlanError
from wingsctl.plan.cluster_pools import Cluster, Pool, find_pools
from wingsctl.plan.new_profile import CPU, Answers, profile_name
from wingsctl.plan.resolve import resolve_plan

KUBECTL = ""


@dataclass(frozen=True)
class InitRequest:
    """`answers.model` is a name, or the path of a config.json or a model's directory.

    `cluster`: a file with nodes, KUBECTL to read them, None for neither. `file` is where the
    profile is to go: `-` is standard output, empty `<name>.wings.yaml`.
    """

    answers: Answers
    accelerators: Sequence[str] = ()
    cluster: str | None = None
    prices: Path | None = None
    file: str = ""
    catalog_dirs: Sequence[Path] = ()


@dataclass(frozen=True)
class Proposals:
    """The layouts, the best first, and what was left out on the way."""

    answers: Answers
    file: str
    layouts: Sequence[Layout]
    remarks: Sequence[str]


@dataclass(frozen=True)
class NewProfile:
    """The text, and the warnings that `validate` has about it."""

    file: str
    text: str
    warnings: Sequence[Problem]


def propose(request: InitRequest, cluster: Cluster | None = None) -> Proposals:
    """What the nodes, or the cards named, offer.

    Raises ProfileError for a model, engine, card or price that is not known, PlanError where
    nothing holds the model, ToolError where kubectl does not answer.
    """
    catalog = Catalog(CatalogFiles(request.catalog_dirs))
    check_answers(request.answers, request.accelerators, request.catalog_dirs)
    found = cluster or read_cluster(request, catalog)
    pools, remarks = _pools(request, found)
    answers, file = named(request.answers), file_of(request)
    base = Path.cwd() if file == STDOUT else Path(file).parent
    answers = _with_config(answers, base)
    prices = read_prices(request.prices)
    return Proposals(answers, file, propose_layouts(answers, pools, catalog, prices, base), remarks)


def read_cluster(request: InitRequest, catalog: Catalog | None = None) -> Cluster | None:
    """The pools of the cluster; None where none is to be read."""
    if request.cluster is None:
        return None
    known = catalog or Catalog(CatalogFiles(request.catalog_dirs))
    nodes = read_nodes() if request.cluster == KUBECTL else load_nodes(request.cluster)
    cards = [each.profile for each in known.entries("accelerators")]
    fabrics = [each.profile for each in known.entries("fabrics")]
    return find_pools(nodes, cards, fabrics, request.accelerators)


def _pools(request: InitRequest, cluster: Cluster | None) -> tuple[list[Pool], Sequence[str]]:
    if cluster is None:
        return [Pool(name) for name in dict.fromkeys(request.accelerators)], ()
    wanted = request.accelerators
    pools = [each for each in cluster.pools if not wanted or each.accelerator in wanted]
    pools += [Pool(CPU)] if CPU in wanted else []
    if pools:
        return pools, cluster.remarks
    if wanted:
        there = ", ".join(dict.fromkeys(each.accelerator for each in cluster.pools)) or "none"
        hint = "; ".join([f"it has {there}", *cluster.remarks])
        raise PlanError(f"the cluster has no {' or '.join(wanted)}", hint=hint)
    remark = "no accelerator in the cluster: only a small model is worth it, on CPUs"
    return [Pool(CPU)], (*cluster.remarks, remark)


def named(answers: Answers) -> Answers:
    """The name of the profile, and for a path a name of the model's own."""
    if not is_path(answers.model):
        return replace(answers, name=answers.name or profile_name(answers.model))
    path = Path(answers.model).resolve()
    own = profile_name((path if path.is_dir() else path.parent).name)
    name = answers.name or own
    return replace(answers, name=name, model=f"own/{own}", config=answers.model)


def file_of(request: InitRequest) -> str:
    """Where the profile goes; `-` is standard output."""
    return request.file or f"{named(request.answers).name}{SUFFIX}"


def _with_config(answers: Answers, base: Path) -> Answers:
    """The path as the profile's directory sees it."""
    if not answers.config:
        return answers
    return replace(answers, config=os.path.relpath(answers.config, base))


def new_profile(proposals: Proposals, layout: Layout, catalog_dirs: Sequence[Path]) -> NewProfile:
    """The text for a layout; raises PlanError where it is not valid after all."""
    shown = "" if proposals.file == STDOUT else proposals.file
    head = head_of(layout, proposals.answers, Path(shown).name)
    text = profile_text(layout.data, comments_of(layout), head)
    base = Path.cwd() if not shown else Path(shown).parent
    problems = _problems(text, shown or "<stdout>", base, catalog_dirs)
    errors = [each for each in problems if each.severity == "error"]
    if errors:
        raise PlanError("the profile would not be valid", problems=errors)
    return NewProfile(proposals.file, text, problems)


def _problems(text: str, file: str, base: Path, catalog_dirs: Sequence[Path]) -> list[Problem]:
    document = parse_yaml(text, file)
    profile = parse_document(document, Profile)
    files, unusable = load_referenced(profile, document, base)
    catalog = Catalog(CatalogFiles(catalog_dirs))
    return unusable or resolve_plan(profile, document, catalog, files)[1]


def write_profile(file: str, text: str, *, force: bool) -> None:
    """Whole or not at all; raises ProfileError."""
    write_user_file(Path(file), text, force=force)


def layout_data(layout: Layout) -> Mapping[str, object]:
    """A layout as programs get it; sizes are GiB on each card."""
    split = layout.plan.parallel
    return {
        "accelerator": layout.pool.accelerator, "resource": layout.pool.resource or None,
        "count": layout.count, "nodes": layout.nodes, "cards": layout.cards,
        "tensor": split.tensor, "pipeline": split.pipeline, "expert": split.expert,
        "verdict": layout.verdict, "length": layout.length, "tokens": layout.tokens,
        "requests": round(layout.requests, 1), "weights_gib": round(layout.weights_gib, 2),
        "kv_gib": round(layout.kv_gib, 2), "price": layout.price,
    }  # fmt: skip
