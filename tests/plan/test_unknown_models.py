"""A model without facts: one assumed size, from which every number follows, and one warning."""

from __future__ import annotations

import re

import pytest

from tests.support.plans import plan_of, resolve
from wingsctl.catalog.base import quantity_value
from wingsctl.plan.summary import summarize

GIB = 2**30
H100 = "accelerator: {name: nvidia-h100, count: 8}"


def decided(text: str) -> dict[str, str]:
    return {each.key: str(each.value) for each in plan_of(text).decisions}


def source(text: str, key: str) -> str:
    return next(each.source for each in plan_of(text).decisions if each.key == key)


def gib(quantity: str) -> float:
    return quantity_value(quantity) / GIB


def warnings_of(text: str) -> list[str]:
    _, problems = resolve(text)
    return [f"{each.message} | {each.hint}" for each in problems if each.severity == "warning"]


LARGE = f"model: someone/Qwen3-235B-A22B-Instruct-2507-FP8\n{H100}"
KIMI = """\
model: {name: moonshotai/Kimi-K2-Instruct-0905, source: {pvc: {claimName: models}, directory: k2}}
engine: {name: sglang, args: {trust-remote-code: true}}
nodes: 2
parallelism: {tensor: 16}
accelerator: {name: nvidia-h200, count: 8}
fabric: infiniband"""


def test_a_sibling_of_the_catalog_gives_the_size_and_is_named():
    found = decided(LARGE)
    assert found["model.assumedSize"] == "220.2 GiB"
    assert "as Qwen/Qwen3-235B-A22B-FP8 of the catalog" in source(LARGE, "model.assumedSize")
    assert found["model.source.huggingface.cache.ephemeral.sizeLimit"] == "245Gi"
    assert found["engine.resources.limits.memory"] == "458Gi"
    assert int(found["startup.loadDeadlineSeconds"]) >= 8820


def test_the_summary_calls_the_size_assumed():
    rows = dict(summarize(plan_of(LARGE)).rows)
    assert rows["weights"].startswith("an assumed 220.2 GiB from")


def test_a_sibling_shares_neither_length_nor_format():
    plan = plan_of(LARGE)
    assert (plan.model.max_length, plan.model.quantization, plan.fit) == ("auto", None, None)


def test_a_format_that_no_sibling_has_is_counted_by_its_bits():
    text = f"model: someone/Llama-3.3-70B-Instruct-GPTQ\n{H100}"
    words = source(text, "model.assumedSize")
    assert "the parameters of" in words
    assert "4 bits, as the name says" in words
    assert 35 < plan_of(text).model.weights_gib < 50


def test_a_large_model_from_a_claim_gets_time_and_memory():
    found = decided(KIMI)
    assert found["model.assumedSize"] == "958.5 GiB"
    assert found["engine.resources.limits.memory"] == "976Gi"
    assert int(found["startup.loadDeadlineSeconds"]) >= 7740


def test_a_name_alone_gives_the_size():
    text = "model: my-org/guard-7b\naccelerator: nvidia-h100"
    assert "7B parameters, 16 bits by its name" in source(text, "model.assumedSize")
    assert 16 < plan_of(text).model.weights_gib < 20


@pytest.mark.parametrize(
    ("card", "least"),
    [("nvidia-l4", 22), (H100.removeprefix("accelerator: "), 630)],
)
def test_a_name_without_a_size_fills_the_cards(card, least):
    text = f"model: my-org/x\naccelerator: {card}"
    found = decided(text)
    weights = plan_of(text).model.weights_gib
    assert least < weights < 1.02 * least
    assert gib(found["model.source.huggingface.cache.ephemeral.sizeLimit"]) > weights
    assert gib(found["engine.resources.limits.memory"]) > weights
    assert gib(found["engine.resources.limits.ephemeral-storage"]) > weights
    assert int(found["startup.loadDeadlineSeconds"]) > 3 * weights * 1024 / 100
    assert "the cards are full" in source(text, "model.assumedSize")


def test_what_only_the_cards_bound_does_not_keep_a_pod_from_being_scheduled():
    found = decided(f"model: my-org/x\n{H100}")
    assert gib(found["engine.resources.requests.memory"]) == 8
    assert gib(found["engine.resources.requests.ephemeral-storage"]) == 4


@pytest.mark.parametrize("text", [LARGE, KIMI, "model: my-org/x", "model: facebook/opt-125m"])
def test_one_warning_names_the_numbers_and_the_keys(text):
    found = [each for each in warnings_of(text) if "is not in the catalog" in each]
    assert len(found) == 1
    made = decided(text)
    for key in (
        "model.source.huggingface.cache.ephemeral.sizeLimit",
        "engine.resources.limits.memory",
        "startup.loadDeadlineSeconds",
    ):
        if key in made:
            assert made[key] in found[0]
            assert key in found[0]
    assert re.search(r"[0-9.]+ GiB of weights are assumed \(", found[0])
    assert "model.config" in found[0]


def test_what_is_written_is_not_asked_for():
    found = warnings_of("model: my-org/x\nstartup: {loadDeadlineSeconds: 90000}")
    assert "load deadline in seconds 90000 (written)" in found[0]
    assert "startup.loadDeadlineSeconds" not in found[0].split(" | ")[1]


def test_an_assumed_size_refuses_no_written_cache():
    cache = "{huggingface: {cache: {ephemeral: {sizeLimit: 5Gi}}}}"
    plan_of(f"model: {{name: my-org/x, source: {cache}}}")


def test_the_repository_counts_where_the_name_says_nothing():
    text = "model: {name: my-org/x, source: {huggingface: {repo: my-org/x-7b}}}"
    assert "7B parameters" in source(text, "model.assumedSize")


@pytest.mark.parametrize("version", ["0.8.5", "0.33.0"])
def test_the_length_is_left_to_the_engine(version):
    """opt-125m has 2048 positions: more is refused by vLLM."""
    text = f"model: facebook/opt-125m\nengine: {{name: vllm, version: {version}}}"
    plan = plan_of(text)
    command = " ".join(plan.engine.command)
    assert plan.model.max_length == "auto"
    assert "4096" not in command


def test_no_warning_for_what_is_known():
    assert not [each for each in warnings_of("model: qwen2.5-7b-instruct") if "assumed" in each]
    assert "model.assumedSize" not in decided("model: qwen2.5-7b-instruct")
