"""Documents with thousands of problems: linear work, and a list that a person can read."""

from __future__ import annotations

from wingsctl.catalog.parse import mended, parse_document
from wingsctl.catalog.profile import Profile
from wingsctl.documents import Document, Place, Problem, did_you_mean, first_problems
from wingsctl.errors import ProfileError

GOOD = {
    "wingsctl": "v1", "name": "chat", "model": "qwen2.5-7b-instruct", "engine": "vllm",
    "accelerator": "nvidia-l4",
}  # fmt: skip
COUNT = 1_000


class CountedKey(str):
    """Notes how often a mapping is made with it, or searched for it."""

    uses = 0

    def __hash__(self):
        CountedKey.uses += 1
        return super().__hash__()


def document(data: dict) -> Document:
    lines = {key: line for line, key in enumerate(data, 1)}
    return Document("f", data, lambda path: Place(lines.get(path[0], 1) if path else 1, 1))


def wrong() -> Document:
    return document({**GOOD, **{f"replica{number}": 1 for number in range(COUNT)}})


def test_unknown_keys_are_left_out_in_one_go():
    data = {CountedKey(key): value for key, value in wrong().data.items()}
    shown = document(data)
    CountedKey.uses = 0
    profile = mended(shown, Profile)
    assert profile is not None
    assert profile.name == "chat"
    assert CountedKey.uses < 10 * len(data)


def test_keys_are_left_out_at_every_depth():
    data = {**GOOD, "x": 1, "pod": {"y": 1, "tolerations": [{"key": "a", "z": 1}, {"key": "b"}]}}
    profile = mended(document(data), Profile)
    assert profile is not None
    assert [each.key for each in profile.pod.tolerations] == ["a", "b"]


def test_the_first_problems_are_listed_with_hints_and_the_rest_is_counted():
    try:
        parse_document(wrong(), Profile)
    except ProfileError as error:
        problems = error.problems
    assert len(problems) == 201
    assert [each.line for each in problems] == list(range(6, 207))
    assert {each.hint for each in problems[:-1]} == {"did you mean replicas?"}
    assert problems[-1].message == f"{COUNT - 200:,} more problems from here on are not listed"


def test_few_problems_are_all_listed_in_the_order_of_the_file():
    found = [Problem("f", line, 1, "", "m") for line in (3, 1, 2)]
    assert [each.line for each in first_problems(found)] == [1, 2, 3]


def test_a_word_that_no_key_can_be_near_is_compared_with_none():
    assert did_you_mean("replica", ["replicas"]) == "did you mean replicas?"
    assert did_you_mean("replicas" * 1_000, ["replicas" * 1_000 + "x"]) == ""


def test_a_catalog_file_whose_data_was_kept_is_parsed_once_for_all_places(wingsctl, tmp_path):
    path = tmp_path / "catalog" / "accelerators" / "nvidia-l4.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("name: nvidia-l4\n" + "".join(f"key{number}: 1\n" for number in range(5_000)))
    profile = tmp_path / "a.wings.yaml"
    profile.write_text("".join(f"{key}: {value}\n" for key, value in GOOD.items()))
    first, second = (wingsctl("validate", profile, "--catalog", tmp_path / "catalog") for _ in "ab")
    assert first == second
    assert first.code == 3
    assert f"{path}:150:1: " in second.stderr
    assert "more problems from here on" in second.stderr
