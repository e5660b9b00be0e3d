"""What kernels for MXFP4 pad, by version and card: against start-up logs."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of


@pytest.mark.parametrize(
    ("model", "version", "card", "tensor", "logged"),
    [  # tests/plan/data/sizing_observations.csv
        ("gpt-oss-120b", "0.11.0", "nvidia-h100", 1, 64.38),
        ("gpt-oss-20b", "0.11.0", "nvidia-h100", 1, 13.47),
        ("gpt-oss-20b", "0.19.1", "nvidia-h100", 1, 13.64),
        ("gpt-oss-20b", "0.19.1", "nvidia-h100", 2, 7.01),
        ("gpt-oss-20b", "0.19.1", "nvidia-a100-80gb", 1, 13.72),
    ],
)
def test_weights_are_those_of_the_log(
    model: str, version: str, card: str, tensor: int, logged: float
) -> None:
    engine = f"engine: {{name: vllm, version: {version}, args: {{max-num-seqs: 8}}}}\n"
    cards = f"accelerator: {{name: {card}, count: {tensor}}}\n"
    ledger = ledger_of(f"model: {{name: openai/{model}, maxLength: 8192}}\n{cards}{engine}")
    assert ledger.weights_gib == pytest.approx(logged, rel=0.012)


def test_a_narrow_share_is_not_rounded_up_to_twice_its_width() -> None:
    """360 columns of each of 8 ranks become 384, not 512."""
    cards = "accelerator: {name: nvidia-h200, count: 8}\n"
    ledger = ledger_of(
        f"model: openai/gpt-oss-120b\n{cards}engine: {{version: 0.32.0, name: vllm}}"
    )
    assert ledger.weights_gib == pytest.approx(8.61, abs=0.05)
