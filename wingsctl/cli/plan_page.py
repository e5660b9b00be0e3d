"""A plan as one HTML file without scripts or links: for a review or a ticket."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape

from wingsctl.cli.plan_text import pasteable
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.scaling_words import minutes
from wingsctl.plan.summary import Summary

COLOURS = ("#3b6ea5", "#c98b2b", "#8a5fa3", "#7a7a7a", "#4d9a6a", "#b5524f")
BAR_WIDTH, BAR_HEIGHT = 640, 28
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "th{text-align:left;padding-right:1em;vertical-align:top;font-weight:600}"
    "td{vertical-align:top}pre{background:#f4f4f4;padding:1em;overflow-x:auto}"
    "svg{display:block;margin:.5em 0}.key{display:inline-block;margin-right:1.2em}"
    ".dot{display:inline-block;width:.8em;height:.8em;margin-right:.4em}"
    ".decisions td,.decisions th{padding:.1em .8em .1em 0;overflow-wrap:anywhere}"
)
Part = tuple[str, float, str]
"""Label, size, and the size in words."""


def page(entries: Sequence[tuple[DeploymentPlan, Summary]]) -> str:
    """All plans, one after another."""
    title = ", ".join(summary.name for _, summary in entries)
    body = "\n".join(line for plan, summary in entries for line in _section(plan, summary))
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n"
        f"<style>{STYLE}</style>\n{body}\n</html>\n"
    )


def _section(plan: DeploymentPlan, summary: Summary) -> Iterator[str]:
    yield f"<h1>{escape(summary.name)}: {escape(summary.verdict)}</h1>"
    if plan.fit:
        yield "<h2>Memory of one accelerator</h2>"
        yield from _bar(list(_memory(plan)))
    yield "<h2>From nothing to the first token</h2>"
    yield from _bar(list(_times(plan)))
    yield "<table>"
    for label, text in (*summary.rows, *(("needs", need) for need in summary.needs)):
        yield f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>"
    yield "</table>"
    for command in summary.commands:
        lines = "\n".join(pasteable(command.argv))
        yield f"<h2>{escape(command.role or 'Command')}</h2><pre>{escape(lines)}</pre>"
    yield from _warnings(plan)
    yield from _decisions(plan)


def _memory(plan: DeploymentPlan) -> Iterator[Part]:
    """What the usable memory is divided into; what stays beside the budget comes last."""
    lines = {each.label: each.value or 0.0 for each in plan.fit.ledger.lines} if plan.fit else {}
    total = lines.pop("usable total", 0.0)
    lines.pop("budget", None)
    parts = [
        (label, size)
        for label, size in lines.items()
        if label in ("weights", "activation peak", "outside PyTorch", "graphs", "KV cache left")
    ]
    rest = total - sum(max(0.0, size) for _, size in parts)
    yield from ((label, size, f"{size:.2f} GiB") for label, size in (*parts, ("free", rest)))


def _times(plan: DeploymentPlan) -> Iterator[Part]:
    time = plan.time
    steps = {"pull": time.pull, "download": time.download, "load": time.load, "start": time.start}
    yield from ((label, seconds, minutes(seconds)) for label, seconds in steps.items() if seconds)


def _bar(parts: list[Part]) -> Iterator[str]:
    """One bar to scale, and what its colours mean."""
    shown = [each for each in parts if each[1] > 0]
    total, left = sum(size for _, size, _ in shown) or 1.0, 0.0
    yield f'<svg width="{BAR_WIDTH}" height="{BAR_HEIGHT}" role="img">'
    for (label, size, words), colour in zip(shown, COLOURS, strict=False):
        width = BAR_WIDTH * size / total
        yield (
            f'<rect x="{left:.1f}" width="{width:.1f}" height="{BAR_HEIGHT}" fill="{colour}">'
            f"<title>{escape(label)}: {escape(words)}</title></rect>"
        )
        left += width
    yield "</svg><p>"
    for (label, _, words), colour in zip(shown, COLOURS, strict=False):
        dot = f'<span class="dot" style="background:{colour}"></span>'
        yield f'<span class="key">{dot}{escape(label)}: {escape(words)}</span>'
    yield "</p>"


def _warnings(plan: DeploymentPlan) -> Iterator[str]:
    if plan.warnings:
        yield "<h2>Warnings</h2><ul>"
        for each in plan.warnings:
            hint = f"<br>{escape(each.hint)}" if each.hint else ""
            yield f"<li>{escape(str(each))}{hint}</li>"
        yield "</ul>"


def _decisions(plan: DeploymentPlan) -> Iterator[str]:
    yield '<details><summary>All decisions</summary><table class="decisions">'
    yield "<tr><th>Decision</th><th>Value</th><th>Source</th></tr>"
    for each in plan.decisions:
        value = each.value if isinstance(each.value, str) else json.dumps(each.value)
        cells = "".join(f"<td>{escape(str(cell))}</td>" for cell in (each.key, value, each.source))
        yield f"<tr>{cells}</tr>"
    yield "</table></details>"
