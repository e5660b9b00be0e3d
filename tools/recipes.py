"""The texts of examples/recipes by the rows of recipes.yaml, as `wingsctl init` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wingsctl.actions.init_profile import InitRequest, new_profile, propose
from wingsctl.adapters.yaml_files import parse_yaml
from wingsctl.plan.new_profile import Answers
from wingsctl.plan.new_source import parse_source

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "recipes.yaml"
SUFFIX = ".wings.yaml"


def rows() -> dict[str, dict[str, Any]]:
    """Name of a recipe -> its row."""
    return dict(parse_yaml(TABLE.read_text(encoding="utf-8"), TABLE.name).data)


def recipe(name: str, row: dict[str, Any]) -> str:
    """The text of one profile; raises WingsError for a row that does not work out."""
    answers = Answers(
        model=row["model"],
        name=name.replace(".", "-")[:40].rstrip("-"),
        engine=row.get("engine", "vllm"),
        source=parse_source(row["source"]) if "source" in row else None,
        goal=row.get("for", "cost"),
        length=row.get("length"),
        requests=row.get("requests"),
        count=row.get("count", 1),
        nodes=row.get("nodes", 1),
        fabric=row.get("fabric", ""),
        to_zero=row.get("toZero", False),
    )
    request = InitRequest(answers, [row["accelerator"]], file=f"{name}{SUFFIX}")
    proposals = propose(request)
    return new_profile(proposals, proposals.layouts[0], ()).text


def texts() -> dict[str, str]:
    """Path below the repository -> text of every recipe."""
    return {f"examples/recipes/{name}{SUFFIX}": recipe(name, row) for name, row in rows().items()}
