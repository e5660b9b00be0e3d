"""`wingsctl fit`: which accelerators hold a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.models.evidence import config_file

QWEN = "qwen3-32b"
LONG = ("--length", "32768")
H100 = ("--accelerator", "nvidia-h100")


@pytest.fixture
def offers(wingsctl):
    """What is offered for these words, as programs get it."""

    def ask(*words: object) -> list[dict[str, Any]]:
        outcome = wingsctl("fit", *words, "--output", "json")
        assert outcome.code == 0, outcome.stderr + outcome.stdout
        return list(json.loads(outcome.stdout)["data"])

    return ask


def fitting(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if each["verdict"] == "fits"]


def test_an_accelerator_ends_with_the_first_number_that_fits(offers):
    found = sorted(offers(QWEN, *LONG, "--accelerator", "nvidia-l40s"), key=lambda o: o["cards"])
    assert [each["cards"] for each in found] == [1, 2, 4][: len(found)]
    assert found[0]["verdict"] == "does not fit"
    assert fitting(found) == found[-1:]


def test_only_what_may_hold_it_is_offered_where_no_accelerator_is_named(offers):
    found = offers(QWEN, *LONG)
    assert len({each["accelerator"] for each in found}) > 30
    assert {each["verdict"] for each in found} == {"fits", "uncertain"}


def test_an_offer_is_what_plan_says_of_the_same_profile(offers, wingsctl, tmp_path):
    (offer,) = fitting(offers(QWEN, *LONG, *H100))
    profile = {
        "wingsctl": "v1", "name": "same", "engine": "vllm",
        "model": {"name": QWEN, "maxLength": 32768},
        "accelerator": {"name": "nvidia-h100", "count": offer["cards"]},
    }  # fmt: skip
    path = tmp_path / "same.wings.yaml"
    path.write_text(json.dumps(profile), encoding="utf-8")
    plan = json.loads(wingsctl("plan", path, "--output", "json").stdout)["data"][0]
    decisions = {each["key"]: each["value"] for each in plan["decisions"]}
    assert decisions["memory.verdict"] == "fits"
    assert decisions["memory.tokens"] == f"{offer['tokens']:,} tokens"
    assert decisions["memory.weights"] == f"{offer['weights_gib']:.2f} GiB"
    for size in ("tensor", "pipeline", "expert"):
        assert decisions[f"parallelism.{size}"] == offer[size]


def test_more_requests_take_more_cards(offers):
    def cards(requests: int) -> int:
        (offer,) = fitting(offers(QWEN, *LONG, "--requests", requests, *H100))
        assert offer["requests"] >= requests
        assert offer["spare_gib"] >= 0
        return int(offer["cards"])

    assert cards(1) < cards(40)


def test_the_cheapest_comes_first(offers, tmp_path):
    prices = tmp_path / "prices.yaml"
    for price, first in ((1, "nvidia-h100"), (100, "nvidia-h200")):
        YAML().dump({"nvidia-h100": price, "nvidia-h200": 5.5}, prices)
        words = (*LONG, *H100, "--accelerator", "nvidia-h200", "--prices", prices)
        found = fitting(offers(QWEN, *words))
        assert found[0]["accelerator"] == first
        assert [each["price"] for each in found] == sorted(each["price"] for each in found)


def test_a_model_of_ones_own_is_given_by_its_file_or_directory(offers, tmp_path):
    file = tmp_path / "config.json"
    file.write_bytes(config_file("Qwen/Qwen3-32B").read_bytes())
    assert offers(file, *H100) == offers(tmp_path, *H100) == offers("Qwen/Qwen3-32B", *H100)


def test_what_another_check_refuses_says_why(offers):
    """20 heads cannot be split over 8 ranks, and vLLM has no pipeline stages for this family."""
    found = offers("openai/whisper-large-v3-turbo", "--requests", 100_000, *H100)
    refused = [each for each in found if each["verdict"] == "refused"]
    assert {each["cards"] for each in refused} == {8, 16, 32}
    assert all("20 attention heads cannot be split" in each["reason"] for each in refused)


def test_people_get_a_table(wingsctl):
    outcome = wingsctl("fit", QWEN, *LONG, "--accelerator", "nvidia-h200")
    assert outcome.code == 0
    head, first = outcome.stdout.splitlines()[:2]
    assert head.split()[:4] == ["ACCELERATOR", "CARDS", "NODES", "VERDICT"]
    assert first.split()[:4] == ["nvidia-h200", "1", "1", "fits"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("qwen3-32x",), 3, "no model 'qwen3-32x' in the catalog"),
        (("own/unknown-7b",), 3, "is not in the catalog: nothing can be estimated"),
        ((QWEN, "--accelerator", "nvidia-h10"), 3, "no accelerator 'nvidia-h10' in the catalog"),
        ((QWEN, "--engine", "vlm"), 3, "vlm"),
        ((QWEN, "--length", "0"), 2, "--length"),
        ((QWEN, "--requests", "none"), 2, "--requests"),
        ((QWEN, "--prices", "no-such.yaml"), 3, "no-such.yaml"),
        ((QWEN, "--output", "xml"), 2, "--output"),
        ((QWEN, "--catalog", "no-such"), 3, "no-such"),
    ],
)
def test_a_wrong_input_is_one_message(wingsctl, words, code, message):
    outcome = wingsctl("fit", *words)
    assert (outcome.code, "Traceback" in outcome.stderr) == (code, False), outcome.stderr
    assert message in outcome.stderr


def test_prices_are_numbers(wingsctl, tmp_path: Path):
    prices = tmp_path / "prices.yaml"
    prices.write_text("nvidia-h100: cheap\nnvidia-h200: -1\n", encoding="utf-8")
    outcome = wingsctl("fit", QWEN, "--prices", prices)
    assert outcome.code == 3
    assert "prices.yaml:1:1: nvidia-h100: must be a price, a number, not 'cheap'" in outcome.stderr
    assert "prices.yaml:2:1: nvidia-h200: must be a price" in outcome.stderr
    prices.write_text("[1]\n", encoding="utf-8")
    assert "is no list of prices" in wingsctl("fit", QWEN, "--prices", prices).stderr
