"""The size that a name stands for: never smaller than the model, but for those that are listed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.support.plans import shipped
from wingsctl.models.named_sizes import (
    BILLION,
    family_of,
    named_bits,
    named_parameters,
    parameters_at_most,
    same_family,
    size_by_name,
)
from wingsctl.plan.size import entry_gib

HERE = Path(__file__).parent
LEAST_SHARE = 0.97
WIDEST = 2.2
"""Nine of ten guesses are at most so many times the files."""


@cache
def listed() -> set[str]:
    return set(YAML(typ="safe").load(HERE / "small_names.yaml"))


@cache
def guesses() -> dict[str, tuple[float, float]]:
    """Guessed and real GiB of the catalog's models whose names say a count."""
    profiles = [entry.profile for entry in shipped().entries("models")]
    sizes = {each.name: (size_by_name(each.name), entry_gib(each)) for each in profiles}
    return {name: (size.gib, real) for name, (size, real) in sizes.items() if size}


@cache
def counts() -> dict[str, tuple[float, int]]:
    """The most that a name stands for, and the hub's count of parameters."""
    with (HERE / "data" / "named_parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["name"]: int(row["parameters"]) for row in csv.DictReader(file)}
    named = {name: named_parameters(name) for name in rows}
    assert all(named.values())
    return {name: (parameters_at_most(named[name] or 0), rows[name]) for name in rows}


def too_small() -> Iterator[str]:
    for found in (guesses(), counts()):
        yield from (name for name, (guess, real) in found.items() if guess < real)


def test_a_guess_is_at_least_the_real_size_but_for_those_listed():
    assert set(too_small()) == listed()


def test_nearly_all_names_that_say_a_count_are_enough():
    for found, least in ((guesses(), 230), (counts(), 1400)):
        enough = sum(guess >= real for guess, real in found.values())
        assert len(found) >= least
        assert enough >= LEAST_SHARE * len(found), (enough, len(found))


def test_most_guesses_are_not_far_too_large():
    ratios = sorted(guess / real for guess, real in guesses().values())
    assert ratios[len(ratios) // 2] < 1.3
    assert ratios[int(0.9 * len(ratios))] < WIDEST


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", 235),
        ("mistralai/Mixtral-8x7B-v0.1", 56),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 272),
        ("facebook/opt-125m", 0.125),
        ("a/model-0.6b", 0.6),
        ("bigscience/bloom-7b1", 7.1),
        ("moonshotai/Kimi-Linear-1T", 1000),
        ("microsoft/bitnet-b1.58-2B-4T", 2),
        ("google/gemma-3n-E4B-it", 11.2),
        ("google/t5gemma-9b-9b-ul2", 18),
        ("moonshotai/Kimi-VL-A3B-Thinking", None),
        ("BAAI/bge-m3", None),
        ("a/model-128k", None),
        ("a/llama-4bit", None),
        ("7B/model", None),
        ("a/model-99999999999b", None),
        ("a/model-999x999999b", None),
    ],
)
def test_counts_in_names(name, billions):
    found = named_parameters(name)
    assert (found and found / BILLION) == (billions and pytest.approx(billions))


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("a/x-7B", None),
        ("a/x-7B-FP8", 8),
        ("a/x-7B-fp8-dynamic", 8),
        ("a/x-7B-AWQ", 4),
        ("a/x-7B-GPTQ-Int8", 8),
        ("a/x-7B-GPTQ-Int4", 4),
        ("a/x-7B-quantized.w4a16", 4),
        ("a/x-7B-quantized.w8a8", 8),
        ("a/x-7B-NVFP4", 4),
        ("a/x-20b-MXFP4", 4),
        ("a/x-7B-bnb-4bit", 4),
        ("a/x-7B-GGUF:Q4_K_M", 4),
        ("a/x-7B-Q8_0", 8),
        ("a/x-7B-BF16", 16),
        ("AWQ/x-7B", None),
    ],
)
def test_formats_in_names(name, bits):
    assert named_bits(name) == bits


def test_a_family_leaves_out_training_date_and_format_alone():
    known = ["qwen3-235b-a22b", "qwen3-235b-a22b-fp8", "qwen3-vl-235b-a22b-instruct", "qwen3-32b"]
    near = same_family("Qwen/Qwen3-235B-A22B-Instruct-2507-FP8", known)
    assert near == ["qwen3-235b-a22b", "qwen3-235b-a22b-fp8"]
    assert same_family("a/Qwen3-235B-A22B-abliterated", known) == []
    assert family_of("meta-llama/Meta-Llama-3.1-405B-Instruct") == "llama-3.1-405b"
    assert family_of("deepseek-ai/DeepSeek-V3.1") != family_of("deepseek-ai/DeepSeek-V3")


def test_a_family_has_one_number_of_parameters():
    """Or sizes could not be shared; within what padding and draft layers make."""
    families: dict[str, dict[str, float]] = {}
    for entry in shipped().entries("models"):
        count = entry.profile.parameters
        if count:
            families.setdefault(family_of(entry.profile.name), {})[entry.profile.name] = count
    apart = {
        family: found
        for family, found in families.items()
        if max(found.values()) > 1.05 * min(found.values())
    }
    assert apart == {}
