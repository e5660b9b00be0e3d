"""Cards whose memory the system uses, too: nothing fits before the system has its part."""

from __future__ import annotations

import re

import pytest

HEAD = "wingsctl: v1\nname: chat\n"
SHARED = (
    "accelerator: the system uses the memory of NVIDIA GB10 (DGX Spark), too: vLLM may refuse to "
    "start, as it asks for 110.0 of 119.6 GiB\n"
    "    write engine.args: {gpu-memory-utilization: 0.83}, or less\n"
)
START = (
    "accelerator: while it starts, vLLM may take up to 64 GiB beside the weights, whatever its "
    "share: NVIDIA GB10 (DGX Spark) hangs if the system lacks them\n"
    "    newer PyTorch takes a limit: engine.env: {PYTORCH_CUDA_ALLOC_CONF: "
    '"per_process_memory_fraction:0.83"}\n'
)


@pytest.fixture
def plan(wingsctl, tmp_path):
    """Runs `wingsctl plan` on a profile for a card; the engine is vLLM unless one is given."""

    def run(card, model="qwen2.5-7b-instruct", engine="{name: vllm, version: 0.33.0}"):
        path = tmp_path / "a.wings.yaml"
        lines = (f"model: {model}", f"engine: {engine}", f"accelerator: {card}")
        path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        return wingsctl("plan", path, "--defaults")

    return run


def decided(outcome, key):
    """The value of a decision, and where it came from."""
    found = re.search(rf"^{re.escape(key)}\s+(.+?)\s\s+(.+)$", outcome.stdout, re.M)
    assert found, key
    return found[1], found[2]


def with_share(share, env="{}"):
    flags = f"{{gpu-memory-utilization: {share}}}"
    return f"{{name: vllm, version: 0.33.0, args: {flags}, env: {env}}}"


def test_an_engine_that_asks_for_the_systems_part_is_uncertain_and_told_what_to_ask_for(plan):
    outcome = plan("nvidia-gb10")
    verdict, why = decided(outcome, "memory.verdict")
    assert outcome.code == 0
    assert (verdict, "the system uses the same memory" in why) == ("uncertain", True)
    assert SHARED in outcome.stderr


@pytest.mark.parametrize("share", [0.83, 0.5])
def test_what_leaves_the_system_its_part_fits(plan, share):
    outcome = plan("nvidia-gb10", engine=with_share(share))
    assert decided(outcome, "memory.verdict")[0] == "fits"
    assert "the system" not in outcome.stderr


def test_a_fraction_of_what_is_free_fits_where_the_systems_part_is_left_over(plan):
    engine = "{name: sglang, version: 0.5.23}"
    fitting = plan("nvidia-gb10", "gpt-oss-120b", engine)
    assert decided(fitting, "memory.verdict")[0] == "fits"
    # 5.3 GiB are left for the cache, of which the system needs more.
    tight = "{name: glm-4.5-air, quantization: fp8, maxLength: 8192}"
    outcome = plan("nvidia-gb10", tight, engine)
    assert decided(outcome, "memory.verdict")[0] == "uncertain"
    assert "the system" not in outcome.stderr


@pytest.mark.parametrize(
    ("env", "verdict"),
    [
        ("{}", "uncertain"),
        ('{PYTORCH_CUDA_ALLOC_CONF: "per_process_memory_fraction:0.83"}', "fits"),
        ('{PYTORCH_ALLOC_CONF: "backend:native,per_process_memory_fraction:0.7"}', "fits"),
        ('{PYTORCH_CUDA_ALLOC_CONF: "per_process_memory_fraction:0.9"}', "uncertain"),
        # The first one that is set counts.
        (('{PYTORCH_CUDA_ALLOC_CONF: "expandable_segments:True", '
         'PYTORCH_ALLOC_CONF: "per_process_memory_fraction:0.7"}'), "uncertain"),
    ],
)  # fmt: skip
def test_a_start_that_may_starve_the_system_is_uncertain_unless_it_has_a_limit(plan, env, verdict):
    model = "{name: gpt-oss-120b, maxLength: 8192}"
    outcome = plan("nvidia-gb10", model, with_share(0.75, env))
    assert decided(outcome, "memory.verdict")[0] == verdict
    assert (START in outcome.stderr) == (verdict == "uncertain")


@pytest.mark.parametrize("card", ["nvidia-b200", "nvidia-gh200"])
@pytest.mark.parametrize("model", ["qwen2.5-7b-instruct", "{name: gpt-oss-120b, maxLength: 8192}"])
def test_memory_of_its_own_is_judged_as_ever(plan, card, model):
    outcome = plan(card, model)
    verdict, why = decided(outcome, "memory.verdict")
    assert (verdict, "the system" in why + outcome.stderr) == ("fits", False)


def test_the_planned_length_leaves_the_systems_part_free(plan):
    model = "{name: llama-3.3-70b-instruct, quantization: fp8}"
    asked, left = plan("nvidia-gb10", model), plan("nvidia-gb10", model, with_share(0.83))
    length, why = decided(asked, "model.maxLength")
    assert "what fits the card" in why
    assert length == decided(left, "model.maxLength")[0]


def test_what_does_not_fit_at_all_is_refused(plan):
    outcome = plan("nvidia-gb10", "llama-3.3-70b-instruct")
    assert outcome.code == 4
    assert "does not fit NVIDIA GB10 (DGX Spark)" in outcome.stderr
