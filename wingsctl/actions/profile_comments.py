"""The comments of a new profile: what was decided, and why."""

from __future__ import annotations

from collections.abc import Iterator

from wingsctl.actions.layout import Layout
from wingsctl.catalog.entry_model import entry_formats
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.new_profile import CPU_CACHE_GIB, Answers

Comment = tuple[tuple[str, ...], str]
LARGE_GIB = 50.0
"""A download that takes longer than all other steps of a start."""
MATTERS = {
    "latency": "the fastest answer",
    "throughput": "the most requests at once",
    "context": "the longest request",
    "cost": "the least cost",
}


def head_of(layout: Layout, answers: Answers, file: str) -> str:
    """The first lines: what it is, for whom, and how to look at it."""
    plan = layout.plan
    name = plan.model.profile.name if plan.model.profile else plan.profile.model.name
    what = f"{name} with {plan.engine.profile.title} on {hardware(layout)}"
    chosen = "" if answers.count else f", for {MATTERS[answers.goal]}"
    return f"{what}{chosen}.\nSee it: wingsctl plan {file or 'FILE'}"


def hardware(layout: Layout) -> str:
    """Cards and nodes in words."""
    card = layout.plan.accelerator
    if card is None:
        return "CPUs alone"
    device = f"{layout.pool.resource} of {card.title}" if layout.pool.resource else card.title
    each = f"{layout.count} x {device}"
    return f"{layout.nodes} nodes with {each} each" if layout.nodes > 1 else each


def comments_of(layout: Layout) -> dict[tuple[str, ...], str]:
    """Key path -> lines."""
    lines: dict[tuple[str, ...], list[str]] = {}
    for path, text in (*_of_model(layout), *_of_engine(layout), *_of_place(layout)):
        lines.setdefault(path, []).append(text)
    return {path: "\n".join(each) for path, each in lines.items()}


def _of_model(layout: Layout) -> Iterator[Comment]:
    plan = layout.plan
    model = plan.model
    quantization = model.quantization or _format(plan)
    if quantization:
        text = f"{quantization} weights: the engine finds the format in the config.json."
        yield ("model", "name"), text
    if plan.accelerator is None:
        text = f"Kept short: its KV cache takes {CPU_CACHE_GIB} GiB of the node's memory."
        yield ("model", "maxLength"), text
    elif isinstance(layout.length, int):
        own = plan.fit.request.model.positions if plan.fit else None
        more = (
            f"Of the model's {own:,} tokens"
            if own and own > layout.length
            else "The model's own length"
        )
        yield ("model", "maxLength"), f"{more}, prompt and answer together."
    for key, parser in layout.needs.parsers.items():
        yield ("model", key), f"{plan.engine.profile.title}'s parser for it is {parser}."
    template = model.profile.chat_template if model.profile else None
    if "toolCalls" in layout.needs.parsers and template and template.file:
        text = f"Its calls want a template of {template.engine}'s repository: {template.file}."
        yield ("model", "toolCalls"), text
    yield from _of_source(layout)


def _of_source(layout: Layout) -> Iterator[Comment]:
    model = layout.plan.model
    source = layout.data["model"].get("source") if isinstance(layout.data["model"], dict) else None
    path = ("model", "source") if source else ("model", "name")
    if layout.needs.is_gated and source and "huggingface" in source:
        yield (
            path,
            "Gated: accept its terms on the hub, and put a token into this Secret, key token.",
        )
    elif model.kind == "hub" and model.weights_gib > LARGE_GIB:
        size = f"{model.weights_gib:,.0f} GiB"
        yield path, f"{size}, downloaded at each start of a pod: a claim keeps them (source)."


def _of_engine(layout: Layout) -> Iterator[Comment]:
    needed = layout.needs.args
    if needed:
        code = "trust-remote-code runs the repository's code: read it first."
        yield ("engine", "args"), "It may not load without these."
        yield from [(("engine", "args"), code)] if "trust-remote-code" in needed else []
    if layout.plan.accelerator is None:
        yield ("engine", "resources"), "For the weights, the KV cache and the process itself."


def _of_place(layout: Layout) -> Iterator[Comment]:
    path = ("nodes",) if layout.nodes > 1 else ("accelerator",)
    if layout.plan.accelerator is None:
        yield path, "No card: its memory is that of the node, which is not estimated."
    else:
        yield path, holds(layout)
    if layout.nodes > 1:
        yield ("fabric",), _fabric(layout)
    pod = layout.data.get("pod", {})
    if "nodeSelector" in pod:
        yield ("pod", "nodeSelector"), "Other nodes have another card with the same resource."
    if "tolerations" in pod:
        yield ("pod", "tolerations"), "For the taints of these nodes."
    if not layout.pool.is_alone and layout.pool.is_labelled:
        yield ("accelerator",), "strict: other nodes have another card with the same resource."
    if "autoscaling" in layout.data:
        yield (
            ("autoscaling",),
            "No pod while there are no requests: KEDA and the front door wake one.",
        )


def _fabric(layout: Layout) -> str:
    fabric = layout.data["fabric"]
    name = fabric["name"] if isinstance(fabric, dict) else fabric
    by = "By the nodes' own devices; s" if layout.pool.fabric else "S"
    return f"{by}ite specific: wingsctl profiles show {name}."


def holds(layout: Layout) -> str:
    """What the cards hold, in one line."""
    tokens = f"{layout.tokens:,} tokens in all: " if layout.tokens is not None else ""
    doubt = "" if layout.verdict == "fits" else f"Uncertain ({_doubt(layout)}). "
    requests = f"{layout.requests:,.1f}".removesuffix(".0")
    return (
        f"{doubt}{layout.weights_gib:.1f} of {layout.budget_gib:.1f} GiB of each card are weights; "
        f"{tokens}{requests} request{'' if requests == '1' else 's'} of full length."
    )


def _doubt(layout: Layout) -> str:
    """The first reason of the verdict."""
    reasons = [each.source for each in layout.plan.decisions if each.key == "memory.verdict"]
    return reasons[0].removeprefix("estimate: ").split(";")[0] if reasons else "not estimated"


def _format(plan: DeploymentPlan) -> str:
    profile = plan.model.profile
    formats = entry_formats(profile) if profile else None
    return (formats.method if formats else None) or ""
