"""Facts that are committed are what the engines say again: of twelve models, and of stale ones.

The tree's hash picks the twelve, so that each change asks others. Of the rest, the everyday tests
compare digests (tests/tools/test_shipped_facts.py): neither the facts nor what they are made of
has changed since the engine was asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.proofs.choice import tree_hash
from tests.engine.engines import Engine
from tests.support.rows import check_rows

MODELS = Path(__file__).resolve().parents[2] / "tools" / "models"
TOOL = MODELS / "engine_facts.py"
COUNT = 12
LIMIT_SECONDS = 1200
"""An engine needs half a minute to start and some seconds for a model; whatever hangs ends here."""
ASKED = {
    "facts": ("vllm", "layouts"),
    "facts_sglang": ("sglang", "layouts"),
    "facts_lora": ("vllm", "lora"),
    "facts_drafts": ("vllm", "drafts"),
}
"""Of each folder the engine, and what it is asked about."""


@pytest.mark.parametrize("folder", ASKED)
def test_the_engine_says_it_again(
    folder: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    name, about = ASKED[folder]
    engine: Engine = request.getfixturevalue(name)
    asked = chosen(MODELS / folder, tree_hash())
    configs = [MODELS / "configs" / path.name for path in asked]
    done = engine.run(
        TOOL, *configs, "--engine", name, "--about", about, "--hf-quant", MODELS / "hf_quant",
        "--into", tmp_path / "facts", folder=tmp_path, seconds=LIMIT_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]

    def check(path: Path) -> Iterator[str]:
        if (tmp_path / "facts" / path.name).read_text("utf-8") != path.read_text("utf-8"):
            yield f"{name} says something else now: look at what make model-facts changes"

    check_rows(asked, check, lambda path: path.stem)


def chosen(folder: Path, tree: str) -> list[Path]:
    """Files of facts in the order of their hash with the tree's: the same for the same tree."""
    paths = sorted(folder.glob("*.json"))
    return sorted(paths, key=lambda path: hashlib.sha256(f"{tree} {path.name}".encode()).digest())[
        :COUNT
    ]


def test_other_trees_pick_other_models() -> None:
    folder = MODELS / "facts"
    assert len(chosen(folder, "1")) == COUNT
    assert chosen(folder, "1") == chosen(folder, "1")
    assert chosen(folder, "1") != chosen(folder, "2")
