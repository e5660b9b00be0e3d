"""SGLang's own share of a card, by version: its source's arithmetic by hand, in MiB."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of

MODEL = "model: {name: Qwen/Qwen3-8B, maxLength: 8192}\n"
V3 = "model: deepseek-ai/DeepSeek-V3\n"
EIGHT = "accelerator: {name: nvidia-b200, count: 8}\n"


def share(text: str) -> float:
    """Of what is free before loading: the usable memory without what is outside of PyTorch."""
    lines = {line.label: line.value or 0 for line in ledger_of(text).lines}
    return lines["budget"] / (lines["usable total"] - lines["outside PyTorch"])


def engine(version: str, args: str = "") -> str:
    return f"engine: {{name: sglang, version: {version}, args: {{{args}}}}}\n"


def expected(usable_gib: float, reserve_mib: float) -> float:
    return 1 - reserve_mib / (usable_gib * 1024)


@pytest.mark.parametrize(
    ("version", "card", "usable", "reserve"),
    [
        ("0.5.2", "nvidia-h100", 79.19, (9.5 + 0.5) * 1024),
        ("0.5.2", "nvidia-l4", 22.04, (2.8 + 0.1) * 1024),
        ("0.5.18", "nvidia-h100", 79.19, 512 + 1.5 * 8192 + 2 * 256 + 128),
        ("0.5.18", "nvidia-l4", 22.04, 512 + 1.5 * 2048 + 2 * 24 + 128),
    ],
)
def test_share_of_one_card(version: str, card: str, usable: float, reserve: float) -> None:
    found = share(MODEL + f"accelerator: {card}\n" + engine(version))
    assert found == pytest.approx(expected(usable, reserve), abs=0.004)


def test_a_draft_and_attention_data_parallelism_want_more() -> None:
    plain = share(V3 + EIGHT + engine("0.5.18"))
    drafted = share(V3 + EIGHT + engine("0.5.18", "speculative-algorithm: EAGLE"))
    spread = share(V3 + EIGHT + engine("0.5.18") + "parallelism: {data: 8}\n")
    usable = next(line.value or 0 for line in ledger_of(V3 + EIGHT + engine("0.5.18")).lines)
    assert plain - drafted == pytest.approx(2 / usable, abs=0.002)
    reserve = 512 + 1.5 * 16384 + 2 * 512 + 1024 + 8 * 512 * 4.5
    assert spread == pytest.approx(expected(usable, reserve), abs=0.002)


def test_a_share_that_is_set_counts() -> None:
    text = MODEL + "accelerator: nvidia-h100\n" + engine("0.5.18", "mem-fraction-static: 0.7")
    assert share(text) == pytest.approx(0.7)
