"""A plan's first screen: 80 columns, answers before decisions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from textwrap import wrap

from wingsctl.cli.output import table
from wingsctl.plan.command_line import options_of
from wingsctl.plan.deployment import DeploymentPlan
from wingsctl.plan.summary import Summary

WIDTH = 80
LABEL = 9
LONGEST = 72
"""Of a value in the list of all decisions."""
HEADINGS = ("DECISION", "VALUE", "SOURCE")


def screen(summary: Summary) -> str:
    """Verdict, answers, command, and what the cluster needs."""
    lines = [f"{summary.name}: {summary.verdict}"]
    for label, text in summary.rows:
        lines += _paragraph(label, text)
    for place, need in enumerate(summary.needs):
        lines += _paragraph("" if place else "needs", f"- {need}", "  ")
    for command in summary.commands:
        lines += ["", f"{command.role or 'command'}:", *pasteable(command.argv)]
    return "\n".join(lines)


def _paragraph(label: str, text: str, hanging: str = "") -> list[str]:
    """Folded beside its label; no word is cut, so that it can be copied."""
    folded = wrap(
        text, WIDTH - LABEL - 2, subsequent_indent=hanging, break_long_words=False,
        break_on_hyphens=False,
    ) or [""]  # fmt: skip
    return [f"  {label if not place else '':{LABEL}}{line}" for place, line in enumerate(folded)]


def pasteable(argv: list[str]) -> Iterator[str]:
    """Several options a line; one that is too long for a line goes on in the next."""
    line = " "
    for option in options_of(argv):
        whole = " ".join(option)
        for piece in [whole] if len(whole) <= WIDTH - 6 else option:
            if line.strip() and len(line) + len(piece) + 3 > WIDTH:
                yield f"{line} \\"
                line = "   "
            line += f" {piece}"
    yield line


def decisions(plan: DeploymentPlan, *, defaults: bool) -> str:
    """Every decision by its section; without `defaults` only what is none."""
    shown = [each for each in plan.decisions if defaults or each.source != "default"]
    sections = dict.fromkeys(each.key.partition(".")[0] for each in shown)
    rows = [
        (each.key, _value(each.value), each.source)
        for section in sections
        for each in shown
        if each.key.partition(".")[0] == section
    ]
    hidden = len(plan.decisions) - len(shown)
    more = f"\n{hidden} defaults are not shown: --defaults" if hidden else ""
    return f"{plan.profile.name}\n{table(rows, HEADINGS)}{more}"


def explanation(
    plan: DeploymentPlan, key: str, places: Callable[[DeploymentPlan, str], list[str]]
) -> str:
    """Each decision at or below a key: its value, its source, and where it is changed."""
    found = [each for each in plan.decisions if f"{each.key}.".startswith(f"{key}.")]
    lines = []
    for each in found:
        lines += [each.key, f"  value   {_whole(each.value)}", f"  source  {each.source}"]
        lines += [f"  change  {place}" for place in places(plan, each.key)]
    return "\n".join(lines)


def _value(value: object) -> str:
    text = _whole(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _whole(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\n", "\\n")
