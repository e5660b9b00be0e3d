"""What a refusal proposes is followed to the letter, and works."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.plans import resolve

UNFIT = (
    """\
model: {name: qwen3-32b, maxLength: 32768}
accelerator: nvidia-l40s""",
    """\
model: {name: qwen3-32b, maxLength: 40960}
accelerator: nvidia-h100""",
    """\
model: {name: deepseek-ai/DeepSeek-V3, maxLength: 32768}
accelerator: {name: nvidia-h100, count: 8}""",
    """\
model: {name: deepseek-ai/DeepSeek-V3, maxLength: 32768}
accelerator: {name: nvidia-h100, count: 8}
parallelism: {tensor: 8}""",
    """\
model: {name: qwen3-8b, maxLength: 40960}
accelerator: nvidia-l4
engine: {name: vllm, args: {max_num_seqs: 512}}""",
    """\
model: {name: qwen2.5-7b-instruct, maxLength: 32768}
accelerator: nvidia-t4""",
    """\
model: llama-3.3-70b-instruct
accelerator: {name: nvidia-l4, count: 2}
engine: sglang""",
    """\
model: {name: qwen2.5-32b-instruct, maxLength: 32768}
accelerator: nvidia-a100-80gb
engine: {name: vllm, args: {gpu-memory-utilization: 0.85}}""",
)
CHANGE = re.compile(r"([A-Za-z][\w.-]*): (\S+?)(?:, |$)")


def refusal(profile: str) -> str:
    """The hint of the one problem that says that the model does not fit."""
    _, problems = resolve(profile)
    (found,) = (each for each in problems if "does not fit" in each.message)
    return found.hint


def proposals(hint: str) -> list[str]:
    """Without the command that lists cards, and the ledger."""
    changes = hint.split(". GiB per card", maxsplit=1)[0].removeprefix("write ").split("; or ")
    return [each for each in changes if "wingsctl fit" not in each]


def followed(profile: str, proposal: str) -> str:
    """The profile with what a proposal writes."""
    yaml = YAML(typ="safe")
    data = yaml.load(profile)
    for key, value in CHANGE.findall(proposal):
        data = written(data, key.split("."), yaml.load(value))
    return "\n".join(f"{key}: {flow(each)}" for key, each in data.items())


def written(data: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    inner = {"name": data} if isinstance(data, str) else dict(data or {})
    return {**inner, path[0]: written(inner.get(path[0]), path[1:], value)}


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    return str(value)


@pytest.mark.parametrize("profile", UNFIT, ids=range(len(UNFIT)))
def test_every_proposal_works_when_followed(profile):
    hint = refusal(profile)
    found = proposals(hint)
    assert found, hint
    for each in found:
        plan, problems = resolve(followed(profile, each))
        assert not [str(one) for one in problems if one.severity == "error"], each
        assert plan is not None
        assert plan.fit is not None
        assert plan.fit.verdict == "fits", each


def test_the_cheapest_comes_first_and_one_of_each_kind():
    assert proposals(refusal(UNFIT[1])) == [
        "model.kvCacheType: fp8",
        "model.maxLength: 27648",
        "accelerator.count: 2",
        "model.name: Qwen/Qwen3-32B-FP8",
    ]


def test_the_ledger_stands_beside_a_refusal():
    ledger = refusal(UNFIT[0]).split(". GiB per card: ")[1]
    assert [each.rsplit(" ", 1)[0] for each in ledger.split(", ")] == [
        "usable total", "budget", "weights", "activation peak", "outside PyTorch", "graphs",
        "KV cache left",
    ]  # fmt: skip


def test_cards_are_listed_where_nothing_helps():
    hint = refusal("model: {name: kimi-k2-instruct, maxLength: 131072}\naccelerator: nvidia-t4")
    assert hint.startswith(
        "see which cards hold it: wingsctl fit kimi-k2-instruct --length 131072. GiB per card: "
    )


def test_a_short_pool_has_a_remedy_too():
    profile = "model: {name: qwen3-32b, maxLength: 40960}\naccelerator: nvidia-h100\nengine: sglang"
    plan, problems = resolve(profile)
    (warning,) = (each for each in problems if "longer requests are refused" in each.message)
    assert plan is not None
    assert warning in plan.warnings
    assert "model.maxLength: " in warning.hint


@pytest.mark.parametrize(
    ("card", "engine", "length", "kind"),
    [
        ("nvidia-h100", "vllm", 40960, "fp8"),
        ("nvidia-h100", "{name: sglang, args: {mem-fraction-static: 0.88}}", 40960, "fp8_e4m3"),
        ("nvidia-t4", "vllm", 1024, None),
    ],
)
def test_a_smaller_cache_is_proposed_where_the_card_has_one(card, engine, length, kind):
    profile = f"model: {{name: qwen3-32b, maxLength: {length}}}\naccelerator: {card}\n"
    _, problems = resolve(f"{profile}engine: {engine}")
    hints = " ".join(each.hint for each in problems)
    assert "wingsctl fit" in hints
    assert re.findall(r"model\.kvCacheType: (\w+)", hints) == ([kind] if kind else [])
