"""Data and expert parallelism in the estimate: what each rank holds, and what all of them cache."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.models.evidence import read_list
from tests.models.test_engine_facts import Row, facts, is_off, model_of, name_of, rows
from tests.support.plans import ledger_of, resolve
from tests.support.rows import check_rows
from wingsctl.models.weights import ROTARY_BYTES
from wingsctl.plan.spread import Spread
from wingsctl.plan.weights import GIB

LEAST_PLANS = 250
V3 = "model: deepseek-ai/DeepSeek-V3\naccelerator: {name: nvidia-b300, count: 8}\n"
SGLANG_V3 = V3 + "engine: {name: sglang, version: 0.5.18, args: {%s}}\n"


def profile_of(row: Row) -> str:
    """A profile that asks for this layout, on cards that hold it."""
    rank = facts()[row[0]]["ranks"][row[1]]
    sizes = {name: rank.get(name, 1) for name in ("tensor", "pipeline", "data")}
    ranks = sizes["tensor"] * sizes["pipeline"] * sizes["data"]
    sizes |= {"expert": ranks} if rank.get("expert_parallel") else {}
    shown = ", ".join(f"{name}: {size}" for name, size in sizes.items())
    card = f"accelerator: {{name: nvidia-b300, count: {ranks}}}"
    return f"model: {row[0]}\n{card}\nparallelism: {{{shown}}}\n"


def counted(row: Row) -> float | None:
    """Bytes of weights in the plan's ledger; None where the profile is refused."""
    plan, _ = resolve(profile_of(row))
    if plan is None or plan.fit is None:
        return None
    return plan.fit.ledger.weights_gib * GIB - ROTARY_BYTES * model_of(row[0])[0].rotary


def test_plans_count_the_weights_that_the_engine_allocates() -> None:
    """On the fullest rank, where no kernel repacks them; a plan shows its fullest stage."""
    different = {*read_list("layout_differences.yaml"), *read_list("not_understood.yaml")}
    padded = {name for name in facts() if model_of(name)[1].method == "mxfp4"}
    compared = []

    def check(row: Row) -> Iterator[str]:
        theirs = facts()[row[0]]["ranks"][row[1]]["weights"]
        found = counted(row)
        if found is None:
            return
        compared.append(row)
        if is_off(found, theirs):
            yield f"{found / GIB:.3f} GiB, and vLLM allocates {theirs / GIB:.3f}"

    asked = [row for row in rows() if row[0] not in different | padded and is_asked(row)]
    check_rows(asked, check, name_of)
    assert len(compared) >= LEAST_PLANS


def is_asked(row: Row) -> bool:
    """With the plain cache, on one stage: what of several is shown depends on the cache, too."""
    rank = facts()[row[0]]["ranks"][row[1]]
    return "cache_dtype" not in rank and rank.get("pipeline", 1) == 1


def test_all_data_parallel_ranks_count() -> None:
    split = "parallelism: {tensor: 1, data: 8, expert: 8}"
    ledger = ledger_of(V3 + split)
    tokens = next(line for line in ledger.lines if line.label == "tokens")
    assert "8 data parallel ranks" in tokens.why
    assert ledger.tokens == pytest.approx(8 * ledger.kv_gib * GIB / (576 * 2 * 61), rel=0.001)
    requests = next(line for line in ledger.lines if line.label.startswith("requests"))
    assert requests.value == pytest.approx(ledger.requests)
    assert "over 8 data parallel ranks" in requests.why


def test_without_expert_parallelism_experts_are_cut_over_all_data_ranks() -> None:
    spread, cut = (ledger_of(V3 + f"parallelism: {{tensor: 2, data: 4{more}}}") for more in
                   (", expert: 8", ""))  # fmt: skip
    # Every rank keeps the shared experts of 58 layers where tokens travel to the experts.
    shared = 58 * 3 * 7168 * 2048 / 2
    assert (spread.weights_gib - cut.weights_gib) * GIB == pytest.approx(shared, rel=0.01)


def test_redundant_experts_take_memory() -> None:
    plain = ledger_of(V3 + "parallelism: {tensor: 8, expert: 8}")
    for args in (
        "{enable-eplb: true, eplb-config: {num_redundant_experts: 32}}",
        "{enable-eplb: true, eplb-config.num_redundant_experts: 32}",
        """{enable-eplb: true, eplb-config: '{"num_redundant_experts": 32}'}""",
    ):
        engine = f"engine: {{name: vllm, args: {args}}}\n"
        more = ledger_of(V3 + engine + "parallelism: {tensor: 8, expert: 8}").weights_gib
        assert (more - plain.weights_gib) * GIB == pytest.approx(
            58 * 4 * 3 * 7168 * 2048, rel=0.001
        )


def test_attention_data_parallelism_divides_all_but_the_attention() -> None:
    plain = ledger_of(SGLANG_V3 % "")
    split = "parallelism: {data: 8, expert: 8}\n"
    data = ledger_of(SGLANG_V3 % "" + split)
    exchange = ledger_of(SGLANG_V3 % "moe-a2a-backend: deepep" + split)
    dense = ledger_of(SGLANG_V3 % "moe-dense-tp-size: 1" + split)
    attention = 61 * (24576 * 1536 + 32768 * 512 + 7168 * 16384) + 2 * 129280 * 7168
    assert (data.weights_gib - plain.weights_gib) * GIB == pytest.approx(
        attention * 7 / 8, rel=0.001
    )
    assert data.tokens == pytest.approx(8 * plain.tokens * data.kv_gib / plain.kv_gib, rel=0.001)
    assert (dense.weights_gib - data.weights_gib) * GIB == pytest.approx(
        7 / 8 * 3 * 3 * 7168 * 18432, rel=0.01
    )
    shared = 58 * 3 * 7168 * 2048 * 7 / 8
    assert (exchange.weights_gib - data.weights_gib) * GIB == pytest.approx(shared, rel=0.01)


def test_a_local_head_is_divided_as_the_attention() -> None:
    division = Spread(data=4, is_inside=True, expert=8, is_head_local=True).division(8, 2, (1, 1))
    assert [division.ranks_for(name) for name in ("lm_head", "embed_tokens", "mlp.up_proj")] == [
        2, 2, 8,
    ]  # fmt: skip
    assert division.ranks_for("mlp.experts") == 1
