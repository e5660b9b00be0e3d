"""Number formats that a card or a build of an engine cannot run, or runs by other means."""

from __future__ import annotations

import pytest

QWEN = "qwen2.5-7b-instruct"
MARLIN = "as weights alone, by the Marlin kernel, which computes with 16 bits"


@pytest.fixture
def validate(wingsctl, tmp_path, monkeypatch):
    """Runs `wingsctl validate` on a profile: a card, the model's keys, an engine and its keys."""
    monkeypatch.chdir(tmp_path)

    def run(card, model, engine="name: vllm, version: 0.33.0", length=2048):
        lines = (
            "wingsctl: v1",
            "name: chat",
            f"model: {{{model}, maxLength: {length}}}",
            f"engine: {{{engine}}}",
            f"accelerator: {card}",
        )
        (tmp_path / "a.wings.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return wingsctl("validate", "a.wings.yaml")

    return run


def weights(name, of=QWEN):
    return f"name: {of}, quantization: {name}"


def version(number, engine="vllm"):
    return f"name: {engine}, version: {number}"


REFUSED = {
    "mxfp4 on Turing": (
        "nvidia-t4", weights("mxfp4"), version("0.33.0"),
        ("3:36: model.quantization: vLLM 0.33.0 cannot run mxfp4 weights on NVIDIA T4 (compute "
        "capability 7.5): the least compute capability for it is 8.0\n"
        "    try one of: awq, gptq, awq-marlin, which run here; a card of compute "
        "capability 8.0 or more\n"),
    ),
    "mxfp4 before it came": (
        "nvidia-h100", "name: gpt-oss-20b", version("0.10.0"),
        ("3:1: model: vLLM 0.10.0 cannot run mxfp4 weights on NVIDIA H100 SXM (compute capability "
        "9.0): it came with vLLM 0.10.1\n"
        "    try one of: engine.version 0.33.0; fp8, fbgemm-fp8, awq, which run here\n"),
    ),
    "fp8 on Turing before Marlin": (
        "nvidia-t4", weights("fp8"), version("0.12.0"),
        ("the least compute capability for it is 8.0\n"
        "    try one of: engine.version 0.33.0; awq, gptq, torchao, which run here; a card"),
    ),
    "awq on Volta": ("nvidia-v100-16gb", weights("awq"), version("0.19.1"), "for it is 7.5"),
    "nvfp4 before Marlin": (
        "nvidia-a100-80gb", weights("nvfp4"), version("0.8.5"), "for it is 10.0"
    ),
    "another spelling": (
        "nvidia-a100-80gb", weights("modelopt_fp4"), version("0.5.9", "sglang"), "for it is 10.0"
    ),
    "newer versions have no image for the card": (
        "nvidia-t4", weights("modelopt_fp4"), version("0.4.10", "sglang"),
        "for it is 10.0\n    try one of: awq, gptq, w8a8-int8, which run here; a card of",
    ),
    "gone into a package": (
        "nvidia-h100", weights("bitsandbytes"), version("0.29.0"),
        ("it moved to the package vllm-bnb-plugin, which the image lacks\n"
        "    try one of: engine.version 0.27.1; fp8, "),
    ),
    "not on ROCm": (
        "amd-mi300x", weights("gptq_marlin"), version("0.33.0"), "does not offer it on ROCm"
    ),
    "not on Intel": (
        "intel-arc-pro-b60", weights("modelopt_fp4"), version("0.33.0"), "not offer it on Intel"
    ),
    "not on processors": (
        "none", weights("gguf"), version("0.16.0"),
        ("vLLM 0.16.0 cannot run gguf weights on a machine without accelerator: vLLM has it for "
        "GPUs alone\n    try one of: awq, gptq, which run here\n"),
    ),
    "a cache of fp8 on Turing": (
        "nvidia-t4", f"name: {QWEN}, kvCacheType: fp8", version("0.33.0"),
        ("3:36: model.kvCacheType: vLLM 0.33.0 cannot run a KV cache of fp8 on NVIDIA T4 (compute "
        "capability 7.5): the least compute capability for it is 8.0\n"
        "    try one of: leave it out; a card of compute capability 8.0 or more\n"),
    ),
    "bfloat16 on Turing": (
        "nvidia-t4", f"name: {QWEN}", "name: vllm, version: 0.33.0, args: {dtype: bfloat16}",
        "4:46: engine.args.dtype: vLLM 0.33.0 cannot run bfloat16 arithmetic on NVIDIA T4",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_card_or_the_build_cannot_run_is_refused(validate, case):
    *profile, message = REFUSED[case]
    outcome = validate(*profile)
    assert outcome.code == 4, outcome.stderr
    assert message in outcome.stderr


SLOWER = {
    "fp8 on Ampere": (
        "nvidia-a100-80gb", weights("fp8"), version("0.33.0"),
        ("a.wings.yaml:3:36: warning: model.quantization: NVIDIA A100 80 GB (compute capability "
        f"8.0) runs fp8 weights slower: {MARLIN}\n"
        "    cards from compute capability 8.9 on run it natively\n"),
    ),
    "fp8 on Turing": ("nvidia-t4", weights("fp8", "qwen3-4b"), version("0.33.0"), MARLIN),
    "nvfp4 on Hopper": ("nvidia-h100", weights("nvfp4"), version("0.33.0"), MARLIN),
    "a model's own format": ("nvidia-a100-80gb", "name: gpt-oss-20b", version("0.33.0"), MARLIN),
    "mxfp4 on MI300": (
        "amd-mi300x", "name: gpt-oss-20b", version("0.33.0"), "cards of mi35x run it natively"
    ),
    "a cache of fp8 on Ampere": (
        "nvidia-rtx-3090", f"name: {QWEN}, kvCacheType: fp8_e4m3", version("0.11.0"),
        "through FlashInfer alone",
    ),
    "an image of one's own": (
        "nvidia-h100", weights("bitsandbytes"),
        "name: vllm, version: 0.29.0, image: {repository: registry.example/vllm-bnb}",
        "warning: model.quantization: vLLM 0.29.0 cannot run bitsandbytes weights on NVIDIA H100",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SLOWER)
def test_what_runs_by_other_means_is_warned_about(validate, case):
    *profile, message = SLOWER[case]
    outcome = validate(*profile)
    assert outcome.code == 0, outcome.stderr
    assert message in outcome.stderr


SILENT = {
    "fp8 on Ada": ("nvidia-l4", weights("fp8"), version("0.33.0")),
    "fp8 on Hopper": ("nvidia-h200", weights("fp8"), version("0.33.0")),
    "fp8 on MI300": ("amd-mi300x", weights("fp8"), version("0.33.0")),
    "nvfp4 on Blackwell": ("nvidia-b200", weights("nvfp4"), version("0.33.0")),
    "nvfp4 on a workstation's": ("nvidia-rtx-5090", weights("nvfp4"), version("0.33.0")),
    "gpt-oss on Hopper": ("nvidia-h100", "name: gpt-oss-20b", version("0.33.0")),
    "mxfp4 on MI350": ("amd-mi355x", "name: gpt-oss-20b", version("0.33.0")),
    "awq on Turing": ("nvidia-t4", weights("awq"), version("0.33.0")),
    "what no row names": ("nvidia-t4", weights("compressed-tensors"), version("0.33.0")),
    "a cache of 16 bits": (
        "nvidia-t4", f"name: {QWEN}, kvCacheType: auto, quantization: awq", version("0.33.0")
    ),
    "float16 on Turing": (
        "nvidia-t4", weights("awq"), "name: vllm, version: 0.33.0, args: {dtype: float16}"
    ),
    "bfloat16 on Ampere": (
        "nvidia-a100-80gb", f"name: {QWEN}", "name: vllm, version: 0.33.0, args: {dtype: bfloat16}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SILENT)
def test_what_the_card_runs_gets_no_word(validate, case):
    outcome = validate(*SILENT[case])
    assert outcome.code == 0
    words = [line for line in outcome.stderr.splitlines() if " weights" in line or "cache" in line]
    assert words == []
    assert "arithmetic" not in outcome.stderr


def test_a_card_of_ones_own_without_a_capability_is_not_judged(validate, wingsctl, tmp_path):
    cards = tmp_path / "catalog" / "accelerators"
    cards.mkdir(parents=True)
    facts = "name: ours\ntitle: Ours\nvendor: nvidia\nmemoryGib: 80\nresource: nvidia.com/gpu\n"
    (cards / "ours.yaml").write_text(facts, encoding="utf-8")
    validate("ours", weights("mxfp4"))
    outcome = wingsctl("validate", "a.wings.yaml", "--catalog", tmp_path / "catalog")
    assert outcome.code == 0
    assert "mxfp4 weights" not in outcome.stderr
