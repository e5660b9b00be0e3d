"""How long an engine starts follows from the size and the kind of the model, and the source."""

from __future__ import annotations

import pytest

from tests.support.plans import plan_of, shipped, shipped_engine
from tests.support.rows import check_rows

H200 = "accelerator: {name: nvidia-h200, count: 8}"


def time_of(model: str, card: str = H200, engine: str = "vllm", more: str = ""):
    return plan_of(f"model: {model}\nengine: {engine}\n{card}\n{more}").time


@pytest.mark.parametrize(
    ("model", "engine", "start"),
    [
        ("qwen3-8b", "vllm", 120),
        ("llama-3.3-70b-instruct", "vllm", 120),
        ("qwen3-30b-a3b", "vllm", 240),
        ("qwen3-235b-a22b-fp8\nparallelism: {tensor: 4, pipeline: 2}", "vllm", 480),
        ("deepseek-r1", "vllm", 480),
        ("deepseek-r1", "sglang", 600),
    ],
)
def test_large_mixtures_and_quantized_models_start_longer(model, engine, start):
    assert time_of(model, engine=engine).start == start


@pytest.mark.parametrize("engine", ["vllm", "sglang"])
def test_a_larger_model_never_starts_sooner(engine):
    """Of one kind: rows for more GiB must not say less."""
    rows = sorted(shipped_engine(engine).start_times, key=lambda row: row.from_gib)
    for kind in ("any", "heavy"):
        held = [row for row in rows if row.kind == kind]
        assert [row.seconds for row in held] == sorted(row.seconds for row in held)
        assert [row.longest_seconds for row in held] == sorted(r.longest_seconds for r in held)


def test_every_deadline_holds_the_slowest_start_that_was_seen():
    """440 to 790 s were seen of large mixtures and 4-bit models, from any source."""

    def lacking(name):
        source = f"{{name: {name}, source: {{hostPath: {{path: /models}}}}}}"
        plan = plan_of(f"model: {source}\nengine: vllm\naccelerator: none")
        heavy = plan.time.start > 120
        if plan.time.load_deadline < (790 if heavy else 600):
            yield plan.time.load_deadline

    check_rows(shipped().names("models")[::7], lacking)


def test_a_quantized_model_from_a_claim_is_not_cut_off():
    """37 GiB load in 95 s; three times that and 120 s were 660 s, less than such starts took."""
    name = "{name: llama-3.3-70b-instruct, quantization: awq, source: {pvc: {claimName: m}}}"
    time = time_of(name, "accelerator: {name: nvidia-h100, count: 2}")
    assert time.load_deadline >= time.load + 850


def test_small_machines_with_unified_memory_have_longer():
    small = "{name: qwen3-8b, source: {hostPath: {path: /models}}}"
    assert time_of(small, "accelerator: nvidia-gb10").load_deadline == 1200
    assert time_of(small, "accelerator: nvidia-l4").load_deadline == 600


def test_the_plan_says_where_the_weights_come_from():
    def rule(source, step="load"):
        text = f"model: {{name: qwen3-8b, source: {source}}}\n"
        made = plan_of(text).decisions
        return next(each.source for each in made if each.key == f"time.{step}Seconds")

    assert "from a claim" in rule("{pvc: {claimName: m}}")
    assert "from a disk of the node" in rule("{hostPath: {path: /m}}")
    assert "a hub, without a token" in rule("{huggingface: {}}", "download")
    assert "without a token" not in rule("{huggingface: {tokenSecret: {name: hub}}}", "download")
