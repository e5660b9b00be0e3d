"""Parts of a card: what fits a slice or a share of it."""

from __future__ import annotations

import pytest

from tests.support.plans import ledger_of, messages, plan_of

QWEN = "model: {name: qwen2.5-7b-instruct, maxLength: 4096}\n"


def profile(card: str, resources: str = "") -> str:
    engine = f"engine: {{name: vllm, resources: {{limits: {{{resources}}}}}}}\n"
    return f"{QWEN}accelerator: {{{card}}}\n{engine}"


@pytest.mark.parametrize(
    ("card", "resources", "usable"),
    [
        ("name: nvidia-a100-80gb, resource: nvidia.com/mig-3g.40gb", "", 38.0),
        ("name: nvidia-h100, resource: nvidia.com/mig-1g.20gb.me", "", 19.0),
        ("name: nvidia-a100-80gb", "nvidia.com/gpumem: 30720", 30.0),
        ("name: nvidia-a100-80gb", "nvidia.com/gpumem-percentage: 50", 79.1 / 2),
        ("name: nvidia-a100-80gb", "nvidia.com/gpumem: 900000", 79.1),
        ("name: nvidia-a100-80gb, resource: nvidia.com/gpu", "", 79.1),
    ],
)
def test_a_part_has_its_own_memory(card: str, resources: str, usable: float) -> None:
    ledger = ledger_of(profile(card, resources))
    assert ledger.lines[0].value == pytest.approx(usable)


@pytest.mark.parametrize(
    ("card", "resources"),
    [
        ("name: nvidia-a100-80gb, resource: nvidia.com/mig-1g.10gb", ""),
        ("name: nvidia-a100-80gb", "nvidia.com/gpumem: 8000"),
    ],
)
def test_14_gib_of_weights_do_not_fit_a_small_part(card: str, resources: str) -> None:
    assert any("does not fit" in each for each in messages(profile(card, resources)))


def test_the_memory_of_a_time_slice_is_not_known() -> None:
    large = profile("name: nvidia-h100, resource: nvidia.com/gpu.shared")
    fit = plan_of(large).fit
    assert fit is not None
    assert fit.verdict == "uncertain"
    warnings = messages(large, "warning")
    assert any("the memory of one nvidia.com/gpu.shared is not known" in each for each in warnings)
