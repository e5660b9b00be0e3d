"""Which version and image a card gets: by hand for the shipped cards, and rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.shipped.catalog_files import ENGINES
from tests.support.plans import empty_draft, shipped, shipped_engine
from tests.support.rows import check_rows
from wingsctl.catalog.accelerator import AcceleratorProfile
from wingsctl.catalog.engine import EngineImage
from wingsctl.catalog.profile import EngineSection
from wingsctl.catalog.versions import applies
from wingsctl.plan.engine import resolve_engine, suitable_image

CARDS = shipped().names("accelerators")
GAUDI = (
    "vault.habana.ai/gaudi-docker/1.24.0/ubuntu24.04/habanalabs/"
    "vllm-0.17.1-ptfork-2.10.0:1.24.0-1007"
)
CHOICES = [
    ("vllm", "nvidia-v100-32gb", "0.19.1", "vllm/vllm-openai:v0.19.1"),
    ("vllm", "nvidia-t4", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "nvidia-l4", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "nvidia-a100-80gb", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "nvidia-h200", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "nvidia-b200", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "nvidia-rtx-5090", "0.33.0", "vllm/vllm-openai:v0.33.0"),
    ("vllm", "amd-mi300x", "0.33.0", "vllm/vllm-openai-rocm:v0.33.0"),
    ("vllm", "intel-max-1550", "0.33.0", "vllm/vllm-openai-xpu:v0.33.0"),
    ("vllm", "intel-gaudi-3", "0.17.1", GAUDI),
    ("vllm", "huawei-ascend-910b", "0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1"),
    ("vllm", "huawei-ascend-910c", "0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1-a3"),
    ("vllm", "huawei-ascend-310p", "0.22.1", "quay.io/ascend/vllm-ascend:v0.22.1rc1-310p"),
    ("vllm", "none", "0.33.0", "vllm/vllm-openai-cpu:v0.33.0"),
    ("sglang", "nvidia-t4", "0.4.10", "lmsysorg/sglang:v0.4.10-cu126"),
    ("sglang", "nvidia-l4", "0.5.23", "lmsysorg/sglang:v0.5.23"),
    ("sglang", "nvidia-a100-80gb", "0.5.23", "lmsysorg/sglang:v0.5.23"),
    ("sglang", "nvidia-h200", "0.5.23", "lmsysorg/sglang:v0.5.23"),
    ("sglang", "nvidia-b200", "0.5.23", "lmsysorg/sglang:v0.5.23"),
    ("sglang", "nvidia-rtx-5090", "0.5.23", "lmsysorg/sglang:v0.5.23"),
    ("sglang", "amd-mi300x", "0.5.20", "lmsysorg/sglang:v0.5.20-rocm10-mi30x"),
    ("sglang", "amd-mi355x", "0.5.20", "lmsysorg/sglang:v0.5.20-rocm724-mi35x"),
    ("sglang", "intel-max-1550", "0.5.23", "lmsysorg/sglang:v0.5.23-xpu"),
    ("sglang", "huawei-ascend-910b", "0.5.20", "quay.io/ascend/sglang:v0.5.20-cann9.0.0-910b"),
    ("sglang", "huawei-ascend-910c", "0.5.20", "quay.io/ascend/sglang:v0.5.20-cann9.0.0-a3"),
    ("sglang", "none", "0.5.23", "lmsysorg/sglang:v0.5.23-xeon"),
]
WITHOUT_IMAGE = {
    ("sglang", card)
    for card in (
        "nvidia-v100-16gb", "nvidia-v100-32gb", "amd-mi210", "amd-mi250", "amd-mi250x",
        "amd-radeon-pro-w7900", "intel-gaudi-2", "intel-gaudi-3", "huawei-ascend-310p",
    )
}  # fmt: skip


def accelerator(name: str) -> AcceleratorProfile | None:
    """The card of that name; `none` is a machine without one."""
    entry = shipped().accelerator(name)
    assert entry is not None or name == "none", name
    return entry.profile if entry else None


def chosen(engine: str, card: str) -> tuple[str, str] | None:
    """Version and image for a profile that names neither, or None where it is refused."""
    draft = empty_draft()
    section = EngineSection(name=engine)
    choice = resolve_engine(draft, section, shipped_engine(engine), accelerator(card))
    if draft.problems:
        return None
    return choice.version, f"{choice.image['repository']}:{choice.image['tag']}"


def test_newest_version_and_image_that_suit_the_card() -> None:
    def check(row: tuple[str, str, str, str]) -> Iterator[str]:
        engine, card, *expected = row
        if (found := chosen(engine, card)) != tuple(expected):
            yield f"gets {found} instead of {expected}"

    check_rows(CHOICES, check, lambda row: f"{row[0]} on {row[1]}")


def test_every_card_has_an_image_or_is_known_to_have_none() -> None:
    def check(row: tuple[str, str]) -> Iterator[str]:
        if (found := chosen(*row)) is None and row not in WITHOUT_IMAGE:
            yield "has no image"
        elif found and row in WITHOUT_IMAGE:
            yield f"has the image {found}"

    pairs = [(engine, card) for engine in ENGINES for card in CARDS]
    assert set(pairs) >= WITHOUT_IMAGE
    check_rows(pairs, check, " on ".join)


def test_images_name_real_cards_and_their_evidence() -> None:
    cards = [entry.profile for entry in shipped().entries("accelerators")]
    known = {card.name for card in cards} | {card.family for card in cards}

    def check(engine: str) -> Iterator[str]:
        profile = shipped_engine(engine)
        for image in profile.images:
            name = f"{image.repository}:{image.tag}"
            if unknown := set(image.accelerators) - known:
                yield f"{name} is for cards that are not there: {sorted(unknown)}"
            if not image.source:
                yield f"{name} has no source"
            if not any(applies(image, version) for version in profile.versions):
                yield f"{name} is for no version"

    check_rows(ENGINES, check)


def test_a_card_whose_images_depend_on_its_capability_states_it() -> None:
    images = [image for name in ENGINES for image in shipped_engine(name).images]
    vendors = {
        image.vendor
        for image in images
        if image.min_compute_capability or image.max_compute_capability
    }

    def check(card: AcceleratorProfile) -> Iterator[str]:
        if card.vendor in vendors and card.compute_capability is None:
            yield "has no computeCapability"

    cards = [entry.profile for entry in shipped().entries("accelerators")]
    check_rows(cards, check, lambda card: card.name)


def card(**facts: Any) -> AcceleratorProfile:
    named = {"name": "a", "title": "A", "vendor": "nvidia", "memory_gib": 1, "resource": "a.b/c"}
    return AcceleratorProfile.model_validate(named | facts)


RULES: dict[str, tuple[dict[str, Any], AcceleratorProfile | None, bool]] = {
    "its vendor": ({}, card(), True),
    "another vendor": ({}, card(vendor="amd"), False),
    "no card": ({"vendor": "cpu"}, None, True),
    "no card for an image of cards": ({}, None, False),
    "a card for an image of processors": ({"vendor": "cpu"}, card(), False),
    "from": ({"min_compute_capability": 7.5}, card(compute_capability=7.5), True),
    "below": ({"min_compute_capability": 7.5}, card(compute_capability=7.0), False),
    "up to": ({"max_compute_capability": 7.5}, card(compute_capability=7.5), True),
    "above": ({"max_compute_capability": 7.5}, card(compute_capability=8.0), False),
    # What is unknown excludes nothing: the card is a user's own, who sees the image in the plan.
    "from, unknown": ({"min_compute_capability": 7.5}, card(), True),
    "up to, unknown": ({"max_compute_capability": 7.5}, card(), True),
    "named": ({"accelerators": ["a"]}, card(), True),
    "of a family": ({"accelerators": ["f"]}, card(family="f"), True),
    "not named": ({"accelerators": ["b"]}, card(family="f"), False),
    "a version later": ({"before": "1.0.0"}, card(), False),
    "a version earlier": ({"since": "1.0.1"}, card(), False),
}


def test_which_image_suits_which_card() -> None:
    engine = shipped_engine("vllm")

    def check(name: str) -> Iterator[str]:
        facts, of, suits = RULES[name]
        row = {"vendor": "nvidia", "repository": "r", "tag": "t", "pull_gib": 1} | facts
        only = engine.model_copy(update={"images": [EngineImage.model_validate(row)]})
        if (suitable_image(only, "1.0.0", of) is not None) != suits:
            yield "does not suit" if suits else "suits"

    check_rows(RULES, check)
